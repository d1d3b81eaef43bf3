// SPDX-License-Identifier: Apache-2.0
// A file that the kernel opens for itself, by no system call: where a crashing process goes to.
#define _GNU_SOURCE
#include "way.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATTERN "/proc/sys/kernel/core_pattern"

static int set_pattern(const char *text)
{
	int file = open(PATTERN, O_WRONLY | O_CLOEXEC);
	int bad = file < 0 || write(file, text, strlen(text)) < 0;

	close(file);
	return bad;
}

static int line_of(const char *path, char *line, int size)
{
	FILE *file = fopen(path, "re");
	int bad = !file || !fgets(line, size, file);

	if (file)
		fclose(file);
	return bad;
}

static void crash(void)
{
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

	setrlimit(RLIMIT_CORE, &all);
	signal(SIGABRT, SIG_DFL);
	raise(SIGABRT);
	_exit(1);
}

static enum result dump_core(const struct place *place)
{
	char pattern[256], with_pid[8];
	int status = 0;
	pid_t child;

	(void)place;
	if (line_of(PATTERN, pattern, sizeof(pattern)) ||
	    line_of("/proc/sys/kernel/core_uses_pid", with_pid, sizeof(with_pid)))
		return could_not("see where core dumps go");
	errno = 0;
	if (with_pid[0] != '0')
		return could_not("have core dumps without a pid in their name");
	// Relative to the working directory of whoever crashes.
	if (set_pattern("secret"))
		return could_not("say where core dumps go");
	child = fork();
	if (child == 0)
		crash();
	waitpid(child, &status, 0);
	set_pattern(pattern);
	if (child < 0 || !WIFSIGNALED(status))
		return could_not("crash");
	if (WCOREDUMP(status))
		return did();
	// That it was refused to open the file, the kernel tells nobody but its log.
	return WTERMSIG(status) == SIGABRT ? refused_with(EPERM) : killed_by(WTERMSIG(status));
}
WAY(core_dump, "core-dump", DESTROYS, NULL, dump_core, "having the kernel write a core dump to it");
