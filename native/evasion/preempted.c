// SPDX-License-Identifier: Apache-2.0
// A kernel that preempts skips a BPF program for every task on a CPU on which another one waits, preempted inside that
// program. So: many that are let through keep the program busy, and one tries what is denied beside them.
#define _GNU_SOURCE
#include "way.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CROWD = 12, TRIES = 200, SECONDS = 1 };

// Half of them hold up opening, half reading: both are asked about before a byte comes out.
__attribute__((noreturn)) static void keep_busy(int which)
{
	int descriptor = open("innocent", O_RDONLY);
	char byte;

	for (;;) {
		if (which % 2)
			(void)!pread(descriptor, &byte, 1, 0);
		else
			close(open("innocent", O_RDONLY));
	}
}

static enum result gather(pid_t crowd[CROWD])
{
	cpu_set_t here;

	CPU_ZERO(&here);
	CPU_SET(sched_getcpu(), &here);
	if (sched_setaffinity(0, sizeof(here), &here))
		return could_not("stay on one CPU");
	for (int i = 0; i < CROWD; i++) {
		crowd[i] = fork();
		if (crowd[i] < 0)
			return could_not("start a process");
		if (crowd[i] == 0)
			keep_busy(i);
	}
	return DID;
}

// One try, in a process that may be killed for it; whether it got anything stands in the row's memory.
static void try_once(const struct place *place)
{
	pid_t child = fork();

	if (child == 0)
		_exit(read(open(place->secret, O_RDONLY), place->memory, place->memory_size) < 0);
	waitpid(child, NULL, 0);
}

static enum result among_preempted(const struct place *place)
{
	pid_t crowd[CROWD];
	time_t end = time(NULL) + SECONDS + 1;

	TRY(gather(crowd));
	for (int i = 0; i < TRIES && time(NULL) < end && !place->memory[0]; i++)
		try_once(place);
	for (int i = 0; i < CROWD; i++)
		kill(crowd[i], SIGKILL);
	if (place->memory[0])
		return did();
	return by_child(place, read_path, place->secret);
}
WAY(among_preempted, "among-preempted", DISCLOSES, NULL, among_preempted,
    "opening it beside processes that wait preempted in the same program");
