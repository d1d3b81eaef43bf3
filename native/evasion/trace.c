// SPDX-License-Identifier: Apache-2.0
// Looking into another process, which has the secret in its memory.
#define _GNU_SOURCE
#include "way.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define WHERE 0x30000000UL
#define TRACE_WAY(id, name, prepare, attempt, says) WAY_ROUND(TRACING, id, name, DISCLOSES, prepare, attempt, says)

static pid_t victim;

static enum result remember(const struct place *place)
{
	int from = open(place->secret, O_RDONLY);
	char *memory = mmap((void *)WHERE, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	return memory == MAP_FAILED || read(from, memory, 64) <= 0 ? could_not("take the secret into memory") : DID;
}

// Forked first, so that only the victim ever had the secret.
static enum result start_victim(const struct place *place)
{
	int ready[2];
	char byte;

	if (pipe(ready) || (victim = fork()) < 0)
		return could_not("start the other process");
	if (victim == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (remember(place) == DID)
			(void)!write(ready[1], "", 1);
		for (;;)
			pause();
	}
	close(ready[1]);
	return read(ready[0], &byte, 1) == 1 ? DID : could_not("wait for the other process");
}

static enum result peek(const struct place *place)
{
	int status;

	if (waitpid(victim, &status, __WALL) < 0 || !WIFSTOPPED(status))
		return could_not("stop the other process");
	for (size_t at = 0; at < 64; at += sizeof(long)) {
		errno = 0;
		long word = ptrace(PTRACE_PEEKDATA, victim, (void *)(WHERE + at), NULL);
		if (errno)
			return refused();
		memcpy(place->memory + at, &word, sizeof(word));
	}
	return did();
}

static enum result attach(const struct place *place)
{
	return ptrace(PTRACE_ATTACH, victim, NULL, NULL) ? refused() : peek(place);
}
TRACE_WAY(attach, "ptrace-attach", start_victim, attach, "PTRACE_ATTACH");

static enum result seize(const struct place *place)
{
	if (ptrace(PTRACE_SEIZE, victim, NULL, NULL) || ptrace(PTRACE_INTERRUPT, victim, NULL, NULL))
		return refused();
	return peek(place);
}
TRACE_WAY(seize, "ptrace-seize", start_victim, seize, "PTRACE_SEIZE");

static enum result trace_me(const struct place *place)
{
	victim = fork();
	if (victim == 0) {
		if (remember(place) != DID)
			_exit(COULD_NOT);
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
			_exit(refused());
		raise(SIGSTOP);
		_exit(DID);
	}
	// Not consumed: peek() waits for the stop itself.
	siginfo_t end = {};
	if (victim < 0 || waitid(P_PID, (id_t)victim, &end, WEXITED | WSTOPPED | WNOWAIT))
		return could_not("start the other process");
	return end.si_code == CLD_TRAPPED || end.si_code == CLD_STOPPED ? peek(place) : ended_as(victim);
}
TRACE_WAY(trace_me, "ptrace-traceme", NULL, trace_me, "PTRACE_TRACEME by the other process");

static struct iovec there(void)
{
	return (struct iovec){ (void *)WHERE, 64 };
}

static enum result read_memory(const struct place *place)
{
	struct iovec here = { place->memory, 64 }, remote = there();

	return filled(process_vm_readv(victim, &here, 1, &remote, 1, 0));
}
TRACE_WAY(read_memory, "process-vm-readv", start_victim, read_memory, "process_vm_readv");

// What is written is looked at by the victim's parent through memory both share; see remember_shared.
static enum result remember_shared(const struct place *place)
{
	(void)place;
	victim = fork();
	if (victim == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	return victim < 0 ? could_not("start the other process") : DID;
}
static enum result write_memory(const struct place *place)
{
	char taken[] = "taken";
	struct iovec here = { taken, sizeof(taken) }, remote = { place->memory, sizeof(taken) };

	// The row's memory is the victim's, too.
	return filled(process_vm_writev(victim, &here, 1, &remote, 1, 0));
}
WAY_ROUND(TRACING, write_memory, "process-vm-writev", USES, remember_shared, write_memory, "process_vm_writev");

static enum result proc_memory(const struct place *place)
{
	char name[64];

	snprintf(name, sizeof(name), "/proc/%d/mem", victim);
	int descriptor = open(name, O_RDONLY);
	return descriptor < 0 ? refused() : filled(pread(descriptor, place->memory, 64, (off_t)WHERE));
}
TRACE_WAY(proc_memory, "proc-pid-mem", start_victim, proc_memory, "/proc/PID/mem");

static enum result by_thread_memory(const struct place *place)
{
	char name[64];

	snprintf(name, sizeof(name), "/proc/%d/task/%d/mem", victim, victim);
	int descriptor = open(name, O_RDONLY);
	return descriptor < 0 ? refused() : filled(pread(descriptor, place->memory, 64, (off_t)WHERE));
}
TRACE_WAY(thread_memory, "proc-task-mem", start_victim, by_thread_memory, "/proc/PID/task/TID/mem");

static int held = -1; // a descriptor of the other process

static enum result take_descriptor(const struct place *place)
{
	int pidfd = (int)syscall(SYS_pidfd_open, victim, 0);

	return read_opened(place, (int)syscall(SYS_pidfd_getfd, pidfd, held, 0));
}
static enum result holder(const struct place *place)
{
	held = open(place->secret, O_RDONLY);
	victim = fork();
	if (victim == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	close(held);
	return victim < 0 ? could_not("start the other process") : DID;
}
TRACE_WAY(take_descriptor, "ptrace-pidfd-getfd", holder, take_descriptor, "pidfd_getfd");
