// SPDX-License-Identifier: Apache-2.0
// Files had from others, and shared with others who live on when one is killed.
#define _GNU_SOURCE
#include "way.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int before = -1;

static enum result open_before(const struct place *place)
{
	before = open(place->secret, O_RDWR);
	return before < 0 ? could_not("open it before the policy") : DID;
}

// --- passed ---

static int channel[2];
static pid_t holder; // a process that has had it open from before

static enum result hold(const struct place *place)
{
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, channel))
		return could_not("make a socket pair");
	TRY(open_before(place));
	holder = fork();
	if (holder == 0) {
		char byte;
		struct iovec data = { &byte, 1 };
		union {
			struct cmsghdr header;
			char room[CMSG_SPACE(sizeof(int))];
		} control = { .header = { CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS } };
		struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control,
					  .msg_controllen = sizeof(control.room) };

		close(channel[0]);
		memcpy(CMSG_DATA(&control.header), &before, sizeof(int));
		if (read(channel[1], &byte, 1) != 1)
			_exit(0);
		sendmsg(channel[1], &message, 0);
		(void)!read(channel[1], &byte, 1);
		_exit(0);
	}
	close(before);
	close(channel[1]);
	return holder < 0 ? could_not("start the holder") : DID;
}

static enum result receive(const struct place *place)
{
	char byte = 0;
	struct iovec data = { &byte, 1 };
	char room[CMSG_SPACE(sizeof(int))];
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof(room) };
	int descriptor;

	if (write(channel[0], &byte, 1) != 1)
		return could_not("ask the holder");
	if (recvmsg(channel[0], &message, 0) < 0)
		return refused();
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	// The kernel keeps a descriptor that may not be received from the message, and says no more.
	if (!header || header->cmsg_len < CMSG_LEN(sizeof(int)))
		return refused_with(EPERM);
	memcpy(&descriptor, CMSG_DATA(header), sizeof(int));
	return read_descriptor(place, descriptor);
}
WAY(passed, "passed-over-socket", DISCLOSES, hold, receive, "a descriptor passed over a Unix socket");

static enum result steal(const struct place *place)
{
	int pidfd = (int)syscall(SYS_pidfd_open, holder, 0);

	return read_opened(place, (int)syscall(SYS_pidfd_getfd, pidfd, before, 0));
}
WAY(pidfd_getfd, "pidfd-getfd", DISCLOSES, hold, steal, "pidfd_getfd from a process that has it open");

static enum result open_of_holder(const struct place *place)
{
	char name[64];

	snprintf(name, sizeof(name), "/proc/%d/fd/%d", holder, before);
	return read_path(place, name);
}
WAY(proc_pid_fd, "proc-pid-fd", DISCLOSES, hold, open_of_holder, "/proc/PID/fd/N of a process that has it open");

static enum result inherit(const struct place *place)
{
	char number[16];

	(void)place;
	fcntl(before, F_SETFD, 0);
	snprintf(number, sizeof(number), "%d", before);
	execl("/proc/self/exe", "aegis-evade", "read", number, NULL);
	return could_not("run a program");
}
WAY(inherited, "inherited-over-exec", DISCLOSES, open_before, inherit, "a descriptor inherited over execve");

// --- mapped by name ---

static enum result map_before(const struct place *place)
{
	TRY(open_before(place));
	return mmap((void *)0x10000000, 4096, PROT_READ, MAP_PRIVATE | MAP_FIXED, before, 0) == MAP_FAILED ?
		       could_not("map it before the policy") : DID;
}
static enum result map_files(const struct place *place)
{
	return read_path(place, "/proc/self/map_files/10000000-10001000");
}
WAY(map_files, "proc-map-files", DISCLOSES, map_before, map_files, "/proc/self/map_files of a mapping from before");

// --- shared ---

// Runs `act` in a process that shares `flags` with this one, and waits for its end.
static enum result in_sharer(int (*act)(void *), const struct place *place, int flags)
{
	const size_t size = 65536;
	char *stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return ended_as(clone(act, stack + size, flags | SIGCHLD, (void *)place));
}

static int open_it(void *argument)
{
	const struct place *place = argument;

	return open(place->secret, O_RDONLY) < 0 ? (int)refused() : DID;
}

static enum result table_sharer(const struct place *place)
{
	int expected = dup(STDIN_FILENO);

	close(expected);
	enum result result = in_sharer(open_it, place, CLONE_FILES);
	// The descriptor the other opened, should it be there.
	ssize_t size = read(expected, place->memory, place->memory_size);
	return size > 0 ? did() : result;
}
WAY(table_sharer, "shared-descriptor-table", DISCLOSES, NULL, table_sharer,
    "a descriptor table shared with the process that opens it");

// Looks where a mapping would be, because the one who made it may have been killed before it could say.
static int is_mapped(const char *address)
{
	unsigned char resident;

	return mincore((void *)address, 4096, &resident) == 0;
}

static int map_at(void *argument)
{
	(void)argument;
	return mmap((void *)0x20000000, 4096, PROT_READ, MAP_PRIVATE | MAP_FIXED | MAP_POPULATE, before, 0) == MAP_FAILED ?
		       (int)refused() : DID;
}

static enum result memory_sharer(const struct place *place)
{
	const char *address = (const char *)0x20000000;
	enum result result = in_sharer(map_at, place, CLONE_VM);

	if (!is_mapped(address))
		return result;
	memcpy(place->memory, address, 64);
	return did();
}
WAY(memory_sharer, "shared-memory-map", DISCLOSES, open_before, memory_sharer,
    "memory shared with the process that maps it");

static void *open_in_thread(void *argument)
{
	const struct place *place = argument;

	// The leader is gone when this can be had, and the thread is alone with its act.
	while (syscall(SYS_tgkill, getpid(), getpid(), 0) == 0 && access("/proc/self/exe", F_OK) == 0)
		sched_yield();
	_exit(read_path(place, place->secret));
}

static enum result after_leader(const struct place *place)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, open_in_thread, (void *)place))
		return could_not("start a thread");
	syscall(SYS_exit, 0);
	return REFUSED;
}
WAY(after_leader, "thread-without-leader", DISCLOSES, NULL, after_leader,
    "a thread that opens it when the main thread has ended");
