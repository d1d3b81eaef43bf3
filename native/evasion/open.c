// SPDX-License-Identifier: Apache-2.0
// Every system call that opens a file by its own name.
#define _GNU_SOURCE
#include "way.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static enum result open_call(const struct place *place)
{
#ifdef SYS_open
	return read_opened(place, (int)syscall(SYS_open, place->secret, O_RDONLY));
#else
	return could_not("this architecture has no open");
#endif
}
WAY(open, "open", DISCLOSES, NULL, open_call, "open");

static enum result openat_call(const struct place *place)
{
	return read_opened(place, (int)syscall(SYS_openat, AT_FDCWD, place->secret, O_RDONLY));
}
WAY(openat, "openat", DISCLOSES, NULL, openat_call, "openat");

static int openat2_call(int directory, const char *path, __u64 flags, __u64 resolve)
{
	struct open_how how = { .flags = flags, .resolve = resolve };

	return (int)syscall(SYS_openat2, directory, path, &how, sizeof(how));
}

static enum result openat2_plain(const struct place *place)
{
	return read_opened(place, openat2_call(AT_FDCWD, place->secret, O_RDONLY, 0));
}
WAY(openat2, "openat2", DISCLOSES, NULL, openat2_plain, "openat2");

static enum result openat2_in_root(const struct place *place)
{
	return read_opened(place, openat2_call(open(place->folder, O_PATH), "/secret", O_RDONLY, RESOLVE_IN_ROOT));
}
WAY(openat2_in_root, "openat2-in-root", DISCLOSES, NULL, openat2_in_root, "openat2 with RESOLVE_IN_ROOT");

static enum result read_write(const struct place *place)
{
	return read_opened(place, open(place->secret, O_RDWR | O_NOATIME | O_NONBLOCK));
}
WAY(read_write, "open-read-write", DISCLOSES, NULL, read_write, "open for reading and writing, O_NOATIME, O_NONBLOCK");

static enum result direct(const struct place *place)
{
	// The row's memory is aligned to a page, as O_DIRECT asks.
	return read_opened(place, open(place->secret, O_RDONLY | O_DIRECT));
}
WAY(direct, "open-direct", DISCLOSES, NULL, direct, "open with O_DIRECT");

static enum result reopen(const struct place *place, const char *format)
{
	char name[64];
	int path = open(place->secret, O_PATH);

	if (path < 0)
		return refused();
	snprintf(name, sizeof(name), format, path);
	return read_path(place, name);
}

static enum result through_proc_fd(const struct place *place)
{
	return reopen(place, "/proc/self/fd/%d");
}
WAY(through_proc_fd, "o-path-proc-fd", DISCLOSES, NULL, through_proc_fd, "O_PATH, then opening /proc/self/fd/N");

static enum result through_dev_fd(const struct place *place)
{
	return reopen(place, "/dev/fd/%d");
}
WAY(through_dev_fd, "o-path-dev-fd", DISCLOSES, NULL, through_dev_fd, "O_PATH, then opening /dev/fd/N");

static enum result through_thread_fd(const struct place *place)
{
	return reopen(place, "/proc/thread-self/fd/%d");
}
WAY(through_thread_fd, "o-path-thread-fd", DISCLOSES, NULL, through_thread_fd,
    "O_PATH, then opening /proc/thread-self/fd/N");

static enum result relative_to_descriptor(const struct place *place)
{
	return read_opened(place, openat(open(place->folder, O_PATH | O_DIRECTORY), "secret", O_RDONLY));
}
WAY(relative_to_descriptor, "relative-to-descriptor", DISCLOSES, NULL, relative_to_descriptor,
    "openat relative to a descriptor of the folder");

static enum result creat_call(const struct place *place)
{
	return creat(place->secret, 0600) < 0 ? refused() : did();
}
WAY(creat, "creat", DESTROYS, NULL, creat_call, "creat, which empties it");

static enum result open_truncate(const struct place *place)
{
	return open(place->secret, O_WRONLY | O_TRUNC) < 0 ? refused() : did();
}
WAY(open_truncate, "open-truncate", DESTROYS, NULL, open_truncate, "open with O_TRUNC");

static enum result openat2_truncate(const struct place *place)
{
	return openat2_call(AT_FDCWD, place->secret, O_WRONLY | O_TRUNC, 0) < 0 ? refused() : did();
}
WAY(openat2_truncate, "openat2-truncate", DESTROYS, NULL, openat2_truncate, "openat2 with O_TRUNC");

static enum result open_append(const struct place *place)
{
	int descriptor = open(place->secret, O_WRONLY | O_APPEND);

	return descriptor < 0 || write(descriptor, "more", 4) < 0 ? refused() : did();
}
WAY(open_append, "open-append", DESTROYS, NULL, open_append, "open with O_APPEND, then write");

static enum result open_mmap(const struct place *place)
{
	int descriptor = open(place->secret, O_RDWR);
	char *data = descriptor < 0 ? MAP_FAILED : mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);

	if (data == MAP_FAILED)
		return refused();
	data[0] = 'X';
	return did();
}
WAY(open_mmap, "open-mmap-write", DESTROYS, NULL, open_mmap, "open, then a shared writable mapping");
