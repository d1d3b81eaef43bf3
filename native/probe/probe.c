// SPDX-License-Identifier: Apache-2.0
// One forbidden act a call, told so that a reader can never mistake "could not try" for "was denied":
//   try ACT PATH      printed before the act; without this line nothing was tried
//   errno N           the act was refused
//   data TEXT         what the act disclosed
//   done              the act ran to its end
// Exit: 0 the act succeeded, 1 it was refused with an errno, 2 misuse.
// Unbuffered write(2) throughout: what was said before a SIGKILL has been said.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hammer.h"
#include "pace.h"

static void say(const char *word, const char *text, size_t len)
{
	char line[4400];
	int n = snprintf(line, sizeof(line), "%s%s%.*s\n", word, len ? " " : "", (int)len, text);
	if (n > 0 && write(STDOUT_FILENO, line, (size_t)n) < 0)
		_exit(2);
}

static int refused(void)
{
	char number[16];
	int n = snprintf(number, sizeof(number), "%d", errno);
	say("errno", number, (size_t)n);
	return 1;
}

static int read_file(const char *path)
{
	char data[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return refused();
	ssize_t n = read(fd, data, sizeof(data));
	if (n < 0)
		return refused();
	while (n > 0 && data[n - 1] == '\n')
		n--;
	say("data", data, (size_t)n);
	say("done", "", 0);
	return 0;
}

static int truncate_file(const char *path)
{
	if (truncate(path, 0) < 0)
		return refused();
	say("done", "", 0);
	return 0;
}

static const struct {
	const char *name;
	int (*act)(const char *path);
} acts[] = {
	{ "read", read_file },
	{ "truncate", truncate_file },
};

static int hammer_file(const char *path, const char *while_there)
{
	struct tally tally = { 0 };
	char text[160];

	say("try hammer", path, strlen(path));
	if (hammer(path, while_there, &tally))
		return refused();
	int n = snprintf(text, sizeof(text), "tries=%lu allowed=%lu denied=%lu killed=%lu other=%lu", tally.tries,
			 tally.allowed, tally.denied, tally.killed, tally.other);
	say("tally", text, (size_t)n);
	return 0;
}

static int pace_act(const char *act, const char *object, const char *count)
{
	char text[32];
	long long ns = pace(act, object, atol(count));

	if (ns < 0)
		return refused();
	int n = snprintf(text, sizeof(text), "%lld", ns);
	say("ns", text, (size_t)n);
	return 0;
}

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 3 && i < sizeof(acts) / sizeof(acts[0]); i++) {
		if (strcmp(argv[1], acts[i].name))
			continue;
		char what[4200];
		int n = snprintf(what, sizeof(what), "%s %s", argv[1], argv[2]);
		say("try", what, n < (int)sizeof(what) ? (size_t)n : sizeof(what) - 1);
		return acts[i].act(argv[2]);
	}
	if (argc == 2 && !strcmp(argv[1], PACE_NOTHING))
		return 0;
	if (argc == 5 && !strcmp(argv[1], "pace"))
		return pace_act(argv[2], argv[3], argv[4]);
	if (argc == 4 && !strcmp(argv[1], "hammer"))
		return hammer_file(argv[2], argv[3]);
	static const char usage[] = "usage: aegis-probe read|truncate PATH\n"
				    "       aegis-probe hammer PATH WHILE_THIS_FILE_IS_THERE\n"
				    "       aegis-probe pace open|exec|connect OBJECT COUNT\n";
	(void)!write(STDERR_FILENO, usage, sizeof(usage) - 1);
	return 2;
}
