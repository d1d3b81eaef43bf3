// SPDX-License-Identifier: Apache-2.0
// Runs many rows in one go, because starting a scope for each would take a tenth of a second under emulation. Each row
// is a process of its own all the same: what is killed in one of them harms no other.
#define _GNU_SOURCE
#include "driver.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROW_SECONDS 8 // for one row to end
#define MEMORY_BYTES (64 * 1024)
#define OUTPUT_BYTES 4096

struct row {
	const char *folder;
	const struct way *way;
	pid_t process;
	int go;     // a row that prepared waits for a byte from here
	int output; // what it says
	char *memory;
};

static int64_t milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void print_text(const char *text, size_t size)
{
	putchar('"');
	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c == '"' || c == '\\' || c < 0x20 || c >= 0x7f)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

// The row's own process: prepares, tells by a byte that it did, waits for its turn. Without anything to prepare its turn
// has come already.
__attribute__((noreturn)) static void live(const struct row *row, int ready, int go)
{
	char path[512], byte = 0;
	struct place place = { .folder = row->folder, .secret = path, .memory = row->memory, .memory_size = MEMORY_BYTES };

	snprintf(path, sizeof(path), "%s/secret", row->folder);
	setpgid(0, 0);
	// Left behind by a driver that died, a row must not wait for ever.
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	errno = 0;
	if (chdir(row->folder))
		_exit(could_not("enter the row's folder"));
	if (row->way->prepare) {
		enum result result = row->way->prepare(&place);
		if (result != DID)
			_exit(result);
		if (write(ready, &byte, 1) != 1 || close(ready) || read(go, &byte, 1) != 1)
			_exit(2);
	}
	errno = 0;
	_exit(row->way->attempt(&place));
}

// Starts the row's process; `ready` gets the end of a pipe that tells when it has prepared.
static int start(struct row *row, int *ready)
{
	int readiness[2], go[2], output[2];

	if (pipe2(readiness, O_CLOEXEC) || pipe2(go, O_CLOEXEC) || pipe2(output, O_CLOEXEC) || (row->process = fork()) < 0) {
		perror("cannot start a row");
		return -1;
	}
	if (row->process == 0) {
		dup2(output[1], STDOUT_FILENO);
		dup2(output[1], STDERR_FILENO);
		live(row, readiness[1], go[0]);
	}
	close(readiness[1]);
	close(go[0]);
	close(output[1]);
	row->go = go[1];
	row->output = output[0];
	*ready = readiness[0];
	return 0;
}

// Only what has something to prepare is started before the policy: each waiting process costs every later one time.
static int prepare(struct row *row)
{
	int ready;
	char byte;

	if (!row->way->prepare)
		return 0;
	if (start(row, &ready))
		return -1;
	// A row that cannot prepare ends instead; its output says why.
	struct pollfd is_ready = { .fd = ready, .events = POLLIN };
	poll(&is_ready, 1, ROW_SECONDS * 1000);
	(void)!read(ready, &byte, is_ready.revents ? 1 : 0);
	close(ready);
	return 0;
}

// Reads what the row and whoever it left behind say, until nobody can say anything any more.
static size_t listen_to(const struct row *row, char *text, int *timed_out)
{
	int64_t end = milliseconds() + ROW_SECONDS * 1000;
	size_t size = 0;

	for (;;) {
		struct pollfd said = { .fd = row->output, .events = POLLIN };
		int64_t left = end - milliseconds();
		if (left <= 0 || poll(&said, 1, (int)left) == 0) {
			*timed_out = 1;
			return size;
		}
		char rest[512];
		ssize_t got = size < OUTPUT_BYTES ? read(row->output, text + size, OUTPUT_BYTES - size) :
						    read(row->output, rest, sizeof(rest));
		if (got <= 0)
			return size;
		if (size < OUTPUT_BYTES)
			size += (size_t)got;
	}
}

static int try_row(struct row *row)
{
	char text[OUTPUT_BYTES], byte = 0;
	int64_t started = milliseconds();
	int status = 0, timed_out = 0, ready;
	size_t size;

	if (!row->way->prepare) {
		if (start(row, &ready))
			return -1;
		close(ready);
	}
	// A row that could not prepare has ended, and this write with EPIPE.
	(void)!write(row->go, &byte, 1);
	size = listen_to(row, text, &timed_out);
	kill(-row->process, SIGKILL);
	waitpid(row->process, &status, 0);
	printf("{\"way\":\"%s\",\"exit\":", row->way->name);
	if (WIFEXITED(status))
		printf("%d,\"signal\":null", WEXITSTATUS(status));
	else
		printf("null,\"signal\":%d", WTERMSIG(status));
	printf(",\"timed_out\":%s,\"ms\":%lld,\"output\":", timed_out ? "true" : "false", (long long)(milliseconds() - started));
	print_text(text, size);
	printf(",\"memory\":");
	print_text(row->memory, strnlen(row->memory, OUTPUT_BYTES));
	printf("}\n");
	fflush(stdout);
	close(row->output);
	close(row->go);
	return 0;
}

int drive(int count, char **folders)
{
	struct row *rows = calloc((size_t)count, sizeof(*rows));
	char *memory = mmap(NULL, (size_t)count * MEMORY_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char line[8];

	if (!rows || memory == MAP_FAILED)
		return 2;
	// For this process and every row: a pipe without a reader is an errno, not a death.
	signal(SIGPIPE, SIG_IGN);
	for (int i = 0; i < count; i++) {
		const char *slash = strrchr(folders[i], '/');
		rows[i] = (struct row){ .folder = folders[i], .memory = memory + (size_t)i * MEMORY_BYTES };
		rows[i].way = find_way(slash ? slash + 1 : folders[i]);
		if (!rows[i].way) {
			fprintf(stderr, "cannot try %s: there is no such way\n", folders[i]);
			return 2;
		}
		if (prepare(&rows[i]))
			return 2;
	}
	printf("prepared\n");
	fflush(stdout);
	if (read(STDIN_FILENO, line, sizeof(line)) <= 0)
		return 2;
	for (int i = 0; i < count; i++)
		if (try_row(&rows[i]))
			return 2;
	return 0;
}
