// SPDX-License-Identifier: Apache-2.0
// One line a fact on stdout, by write(2): what was said before a SIGKILL has been said.
//   errno N       refused          skip REASON   not tried
//   killed N      refused: the process of the row that tried was killed
//   data TEXT     came out         done          the act ran to its end
#include "way.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void say(const char *word, const char *text, size_t size)
{
	char line[1200];
	int length = snprintf(line, sizeof(line), "%s%s%.*s\n", word, size ? " " : "", (int)(size > 1024 ? 1024 : size), text);

	if (length > 0 && write(STDOUT_FILENO, line, (size_t)length) < 0)
		_exit(2);
}

enum result refused_with(int error)
{
	char number[16];

	snprintf(number, sizeof(number), "%d", error);
	say("errno", number, strlen(number));
	return REFUSED;
}

enum result killed_by(int signal)
{
	char number[16];

	snprintf(number, sizeof(number), "%d", signal);
	say("killed", number, strlen(number));
	return REFUSED;
}

enum result refused(void)
{
	return refused_with(errno);
}

enum result could_not(const char *what)
{
	char reason[256];

	snprintf(reason, sizeof(reason), errno ? "%s: %s" : "%s", what, strerror(errno));
	say("skip", reason, strlen(reason));
	return COULD_NOT;
}

enum result did(void)
{
	say("done", "", 0);
	return DID;
}

enum result disclosed(const char *data, size_t size)
{
	while (size > 0 && data[size - 1] == '\n')
		size--;
	say("data", data, size);
	return did();
}

enum result filled(ssize_t size)
{
	return size < 0 ? refused() : did();
}
