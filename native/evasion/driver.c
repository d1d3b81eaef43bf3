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
	int go;     // the row waits for a byte from here
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

// The row's own process: prepares, tells by a byte that it did, waits for its turn.
__attribute__((noreturn)) static void live(const struct row *row, int ready, int go)
{
	char path[512], byte = 0;
	struct place place = { .folder = row->folder, .secret = path, .memory = row->memory, .memory_size = MEMORY_BYTES };
	enum result result = DID;

	snprintf(path, sizeof(path), "%s/secret", row->folder);
	setpgid(0, 0);
	// Left behind by a driver that died, a row must not wait for ever.
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	errno = 0;
	if (chdir(row->folder))
		_exit(could_not("enter the row's folder"));
	if (row->way->prepare)
		result = row->way->prepare(&place);
	if (result != DID)
		_exit(result);
	if (write(ready, &byte, 1) != 1 || close(ready) || read(go, &byte, 1) != 1)
		_exit(2);
	errno = 0;
	_exit(row->way->attempt(&place));
}

static int start(struct row *row)
{
	int ready[2], go[2], output[2];
	char byte;

	row->way = find_way(strrchr(row->folder, '/') ? strrchr(row->folder, '/') + 1 : row->folder);
	if (!row->way) {
		fprintf(stderr, "cannot try %s: there is no such way\n", row->folder);
		return -1;
	}
	row->memory = mmap(NULL, MEMORY_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (row->memory == MAP_FAILED || pipe2(ready, O_CLOEXEC) || pipe2(go, O_CLOEXEC) || pipe2(output, O_CLOEXEC)) {
		perror("cannot prepare a row");
		return -1;
	}
	row->process = fork();
	if (row->process < 0) {
		perror("cannot start a row");
		return -1;
	}
	if (row->process == 0) {
		dup2(output[1], STDOUT_FILENO);
		dup2(output[1], STDERR_FILENO);
		live(row, ready[1], go[0]);
	}
	close(ready[1]);
	close(go[0]);
	close(output[1]);
	row->go = go[1];
	row->output = output[0];
	// A row that cannot prepare ends instead; its output says why.
	struct pollfd is_ready = { .fd = ready[0], .events = POLLIN };
	poll(&is_ready, 1, ROW_SECONDS * 1000);
	(void)!read(ready[0], &byte, is_ready.revents ? 1 : 0);
	close(ready[0]);
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

static void try_row(struct row *row)
{
	char text[OUTPUT_BYTES], byte = 0;
	int64_t started = milliseconds();
	int status = 0, timed_out = 0;
	size_t size;

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
	munmap(row->memory, MEMORY_BYTES);
}

int drive(int count, char **folders)
{
	struct row *rows = calloc((size_t)count, sizeof(*rows));
	char line[8];

	if (!rows)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	for (int i = 0; i < count; i++) {
		rows[i].folder = folders[i];
		if (start(&rows[i]))
			return 2;
	}
	printf("prepared\n");
	fflush(stdout);
	if (read(STDIN_FILENO, line, sizeof(line)) <= 0)
		return 2;
	for (int i = 0; i < count; i++)
		try_row(&rows[i]);
	return 0;
}
