// SPDX-License-Identifier: Apache-2.0
// Tries one act again and again, each time in a child of its own, for as long as a file is there:
//   tally tries=N allowed=N denied=N killed=N other=N
// After every try one byte is appended to that file, so that its size tells how far this has come.
#include "hammer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ALLOWED, DENIED, OTHER };

static int try_to_read(const char *path)
{
	char byte;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && read(fd, &byte, 1) >= 0)
		return ALLOWED;
	return errno == EPERM ? DENIED : OTHER;
}

static void count(struct tally *tally, int status)
{
	tally->tries++;
	if (WIFSIGNALED(status) && WTERMSIG(status) == 9)
		tally->killed++;
	else if (WIFEXITED(status) && WEXITSTATUS(status) == ALLOWED)
		tally->allowed++;
	else if (WIFEXITED(status) && WEXITSTATUS(status) == DENIED)
		tally->denied++;
	else
		tally->other++;
}

int hammer(const char *path, const char *while_there, struct tally *tally)
{
	for (;;) {
		int status;
		// Without O_CREAT: who removes the file ends the run.
		int progress = open(while_there, O_WRONLY | O_APPEND | O_CLOEXEC);

		if (progress < 0)
			return errno == ENOENT ? 0 : -1;
		pid_t child = fork();
		if (child == 0)
			_exit(try_to_read(path));
		if (child < 0 || waitpid(child, &status, 0) != child || write(progress, ".", 1) != 1)
			return -1;
		close(progress);
		count(tally, status);
		// On an emulated machine it would keep what it watches from happening.
		usleep(1000);
	}
}
