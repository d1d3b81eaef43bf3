// SPDX-License-Identifier: Apache-2.0
#include "way.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum result read_descriptor(const struct place *place, int descriptor)
{
	return filled(read(descriptor, place->memory, place->memory_size));
}

enum result read_opened(const struct place *place, int descriptor)
{
	return descriptor < 0 ? refused() : read_descriptor(place, descriptor);
}

enum result read_path(const struct place *place, const char *path)
{
	return read_opened(place, open(path, O_RDONLY | O_CLOEXEC));
}

enum result ended_as(pid_t child)
{
	int status;

	if (child < 0 || waitpid(child, &status, __WALL) < 0)
		return could_not("wait for a child");
	return WIFSIGNALED(status) ? killed_by(WTERMSIG(status)) : (enum result)WEXITSTATUS(status);
}

enum result by_child(const struct place *place, enum result (*act)(const struct place *, const char *), const char *path)
{
	pid_t child = fork();

	if (child == 0)
		_exit(act(place, path));
	return ended_as(child);
}

const char *in(const struct place *place, const char *name)
{
	static char paths[4][512];
	static unsigned int next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", place->folder, name);
	return path;
}
