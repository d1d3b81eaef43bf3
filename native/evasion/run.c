// SPDX-License-Identifier: Apache-2.0
// Running the denied program.
#define _GNU_SOURCE
#include "way.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// Each way is a row twice: with the file denied altogether, and with the running of it alone.
#define RUN_WAY(id, name, prepare, attempt, says)                             \
	WAY(id, "exec-" name, RUNS, prepare, attempt, says);                  \
	WAY_ROUND(A_PROGRAM, id##_alone, "run-" name, RUNS, prepare, attempt, says)

static char *const words[] = { (char *)"ran", NULL };
static char *const none[] = { NULL };
static int before = -1;

static enum result run(const char *path)
{
	syscall(SYS_execve, path, words, none);
	return refused();
}

// The empty path is on the stack, which is in memory: one that is not is a way of its own (absent_path.c).
static enum result run_descriptor(int descriptor)
{
	volatile char nothing = '\0';

	syscall(SYS_execveat, descriptor, &nothing, words, none, AT_EMPTY_PATH);
	return refused();
}

static enum result by_name(const struct place *place)
{
	return run(place->secret);
}
RUN_WAY(exec, "by-name", NULL, by_name, "execve");

static enum result by_relative_name(const struct place *place)
{
	(void)place;
	return run("./secret");
}
RUN_WAY(exec_relative, "relative", NULL, by_relative_name, "execve of a relative name");

static enum result make_links(const struct place *place)
{
	return symlink("secret", in(place, "soft")) || link(place->secret, in(place, "hard")) ? could_not("make links") : DID;
}
static enum result by_symlink(const struct place *place)
{
	return run(in(place, "soft"));
}
RUN_WAY(exec_symlink, "symlink", make_links, by_symlink, "execve of a symlink");

static enum result by_hard_link(const struct place *place)
{
	return run(in(place, "hard"));
}
RUN_WAY(exec_hard_link, "hard-link", make_links, by_hard_link, "execve of a hard link");

static enum result by_path_descriptor(const struct place *place)
{
	(void)place;
	return run_descriptor(open("secret", O_PATH));
}
RUN_WAY(execveat_path, "at-o-path", NULL, by_path_descriptor, "execveat of an O_PATH descriptor");

static enum result open_before(const struct place *place)
{
	before = open(place->secret, O_RDONLY);
	return before < 0 ? could_not("open it before the policy") : DID;
}
static enum result by_descriptor(const struct place *place)
{
	(void)place;
	return run_descriptor(before);
}
RUN_WAY(execveat_before, "at-before", open_before, by_descriptor, "execveat of a descriptor from before");

static enum result by_proc_fd(const struct place *place)
{
	char name[64];

	(void)place;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", before);
	return run(name);
}
RUN_WAY(exec_proc_fd, "proc-fd", open_before, by_proc_fd, "execve of /proc/self/fd/N of a descriptor from before");

static enum result as_interpreter(const struct place *place)
{
	char text[600];
	int length = snprintf(text, sizeof(text), "#!%s\n", place->secret);
	int script = open(in(place, "script"), O_WRONLY | O_CREAT, 0700);

	if (script < 0 || write(script, text, (size_t)length) != length || close(script))
		return could_not("write a script");
	return run(in(place, "script"));
}
RUN_WAY(exec_interpreter, "as-interpreter", NULL, as_interpreter, "running a script whose interpreter it is");

static enum result by_vfork(const struct place *place)
{
	pid_t child = vfork();

	if (child == 0) {
		execve(place->secret, words, none);
		_exit(refused());
	}
	return ended_as(child);
}
RUN_WAY(exec_vfork, "vfork", NULL, by_vfork, "vfork and execve");

// Reads it and runs the copy: a copy is another file, so it is the reading that has to be stopped.
static enum result as_copy(const struct place *place)
{
	char data[65536];
	int copy = (int)syscall(SYS_memfd_create, "copy", 0), source = open(place->secret, O_RDONLY);
	ssize_t size = source < 0 ? -1 : read(source, data, sizeof(data));

	if (size < 0 || write(copy, data, (size_t)size) != size)
		return refused();
	return run_descriptor(copy);
}
// Only with the file denied altogether: a copy is another program.
WAY(exec_copy, "exec-memfd-copy", RUNS, NULL, as_copy, "reading it into a memfd and running that");

// Does by hand what execve would: maps it executable and jumps in.
static enum result by_mapping(const struct place *place)
{
	struct stat file;

	(void)place;
	if (fstat(before, &file))
		return could_not("learn its size");
	char *data = mmap(NULL, (size_t)file.st_size, PROT_READ | PROT_EXEC, MAP_PRIVATE, before, 0);
	if (data == MAP_FAILED)
		return refused();
	const char *text = memmem(data, (size_t)file.st_size, "secret-", 7);
	return text ? disclosed(text, 39) : could_not("find the secret in the mapping");
}
RUN_WAY(exec_mapping, "by-mapping", open_before, by_mapping, "mapping a descriptor from before as code");

static enum result by_loader(const struct place *place)
{
	const char *const loaders[] = { "/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1" };

	for (size_t i = 0; i < 2; i++)
		if (access(loaders[i], X_OK) == 0) {
			syscall(SYS_execve, loaders[i], (char *const[]){ (char *)"ld.so", (char *)place->secret, NULL }, none);
			return refused();
		}
	return could_not("find the dynamic loader");
}
RUN_WAY(exec_loader, "by-loader", NULL, by_loader, "the dynamic loader, given its name");
