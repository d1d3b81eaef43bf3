// SPDX-License-Identifier: Apache-2.0
// io_uring: the same acts, but not by system calls of their own, and not always by the thread that asks for them.
#define _GNU_SOURCE
#include "uring.h"
#include "way.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct ring ring;
static int before = -1;

static enum result ready(unsigned int flags)
{
	return set_up_ring(&ring, flags) ? could_not("set up an io_uring") : DID;
}

static enum result open_before(const struct place *place)
{
	before = open(place->secret, O_RDWR);
	return before < 0 ? could_not("open it before the policy") : ready(0);
}

// What one operation came to. An operation the kernel does not know was not tried.
static enum result one(int *result)
{
	if (submit(&ring, result))
		return could_not("submit to an io_uring");
	if (*result == -EINVAL || *result == -EOPNOTSUPP)
		return errno = -*result, could_not("have io_uring do it");
	return *result < 0 ? refused_with(-*result) : DID;
}

static struct io_uring_sqe *ask_open(const char *path, int flags)
{
	struct io_uring_sqe *entry = next_entry(&ring, IORING_OP_OPENAT);

	entry->fd = AT_FDCWD;
	entry->addr = (uintptr_t)path;
	entry->open_flags = (__u32)flags;
	return entry;
}

static struct io_uring_sqe *ask_read(const struct place *place, int descriptor)
{
	struct io_uring_sqe *entry = next_entry(&ring, IORING_OP_READ);

	entry->fd = descriptor;
	entry->addr = (uintptr_t)place->memory;
	entry->len = 4096;
	return entry;
}

// Opens by the ring and reads by it, too.
static enum result open_and_read(const struct place *place, unsigned int set_up, __u8 flags)
{
	int descriptor, size;

	TRY(ready(set_up));
	ask_open(place->secret, O_RDONLY)->flags = flags;
	TRY(one(&descriptor));
	ask_read(place, descriptor)->flags = flags;
	TRY(one(&size));
	return did();
}

static enum result plain(const struct place *place)
{
	return open_and_read(place, 0, 0);
}
WAY(ring_open, "io-uring-openat", DISCLOSES, NULL, plain, "io_uring's openat and read");

static enum result by_worker(const struct place *place)
{
	return open_and_read(place, 0, IOSQE_ASYNC);
}
WAY(ring_async, "io-uring-async", DISCLOSES, NULL, by_worker, "io_uring's openat and read in a worker (IOSQE_ASYNC)");

static enum result polled(const struct place *place)
{
	return open_and_read(place, IORING_SETUP_SQPOLL, 0);
}
WAY(ring_sqpoll, "io-uring-sqpoll", DISCLOSES, NULL, polled, "io_uring's openat and read by its polling thread (SQPOLL)");

static enum result openat2_op(const struct place *place)
{
	struct open_how how = { .flags = O_RDONLY };
	int descriptor;

	TRY(ready(0));
	struct io_uring_sqe *entry = next_entry(&ring, IORING_OP_OPENAT2);
	entry->fd = AT_FDCWD;
	entry->addr = (uintptr_t)place->secret;
	entry->len = sizeof(how);
	entry->addr2 = (uintptr_t)&how;
	TRY(one(&descriptor));
	return read_descriptor(place, descriptor);
}
WAY(ring_openat2, "io-uring-openat2", DISCLOSES, NULL, openat2_op, "io_uring's openat2, then read");

static enum result registered(const struct place *place)
{
	int none = -1, size;

	TRY(ready(0));
	if (syscall(SYS_io_uring_register, ring.descriptor, IORING_REGISTER_FILES, &none, 1))
		return could_not("register a place for a file");
	struct io_uring_sqe *entry = ask_open(place->secret, O_RDONLY);
	entry->file_index = 1; // place 0
	TRY(one(&size));
	ask_read(place, 0)->flags = IOSQE_FIXED_FILE;
	TRY(one(&size));
	return did();
}
WAY(ring_registered, "io-uring-registered", DISCLOSES, NULL, registered,
    "io_uring opening it into a registered place, with no descriptor at all");

static enum result linked(const struct place *place)
{
	int none = -1, results[2] = {};

	TRY(ready(0));
	if (syscall(SYS_io_uring_register, ring.descriptor, IORING_REGISTER_FILES, &none, 1))
		return could_not("register a place for a file");
	struct io_uring_sqe *entry = ask_open(place->secret, O_RDONLY);
	entry->file_index = 1;
	entry->flags = IOSQE_IO_LINK;
	ask_read(place, 0)->flags = IOSQE_FIXED_FILE;
	TRY(one(results));
	return results[1] < 0 ? refused_with(-results[1]) : did();
}
WAY(ring_linked, "io-uring-linked", DISCLOSES, NULL, linked, "io_uring's open and read linked into one submission");

static enum result read_before(const struct place *place)
{
	int size;

	ask_read(place, before);
	TRY(one(&size));
	return did();
}
WAY(ring_before, "io-uring-before-read", DISCLOSES, open_before, read_before, "io_uring's read of a descriptor from before");

static enum result read_before_async(const struct place *place)
{
	int size;

	ask_read(place, before)->flags = IOSQE_ASYNC;
	TRY(one(&size));
	return did();
}
WAY(ring_before_async, "io-uring-before-async", DISCLOSES, open_before, read_before_async,
    "io_uring's read, in a worker, of a descriptor from before");

static enum result poll_before(const struct place *place)
{
	before = open(place->secret, O_RDWR);
	return before < 0 ? could_not("open it before the policy") : ready(IORING_SETUP_SQPOLL);
}
WAY(ring_before_sqpoll, "io-uring-before-sqpoll", DISCLOSES, poll_before, read_before,
    "io_uring's read, by a polling thread from before, of a descriptor from before");

static enum result register_before(const struct place *place)
{
	TRY(open_before(place));
	if (syscall(SYS_io_uring_register, ring.descriptor, IORING_REGISTER_FILES, &before, 1))
		return could_not("register a file");
	close(before);
	return DID;
}
static enum result read_registered(const struct place *place)
{
	int size;

	ask_read(place, 0)->flags = IOSQE_FIXED_FILE;
	TRY(one(&size));
	return did();
}
WAY(ring_registered_before, "io-uring-registered-before", DISCLOSES, register_before, read_registered,
    "io_uring's read of a file registered before");

static enum result splice_before(const struct place *place)
{
	int ends[2], size;

	if (pipe(ends))
		return could_not("make a pipe");
	struct io_uring_sqe *entry = next_entry(&ring, IORING_OP_SPLICE);
	entry->fd = ends[1];
	entry->splice_fd_in = before;
	entry->splice_off_in = 0;
	entry->off = (__u64)-1;
	entry->len = 4096;
	TRY(one(&size));
	return filled(read(ends[0], place->memory, place->memory_size));
}
WAY(ring_splice, "io-uring-before-splice", DISCLOSES, open_before, splice_before,
    "io_uring's splice of a descriptor from before");

static enum result write_before(const struct place *place)
{
	int size;

	(void)place;
	struct io_uring_sqe *entry = next_entry(&ring, IORING_OP_WRITE);
	entry->fd = before;
	entry->addr = (uintptr_t)"XXXX";
	entry->len = 4;
	TRY(one(&size));
	return did();
}
WAY(ring_write, "io-uring-before-write", DESTROYS, open_before, write_before, "io_uring's write to a descriptor from before");

static enum result punch_before(const struct place *place)
{
	int size;

	(void)place;
	struct io_uring_sqe *entry = next_entry(&ring, IORING_OP_FALLOCATE);
	entry->fd = before;
	entry->addr = 4096; // the length, for this operation
	entry->len = FALLOC_FL_KEEP_SIZE | 0x02 /* FALLOC_FL_PUNCH_HOLE */;
	TRY(one(&size));
	return did();
}
WAY(ring_punch, "io-uring-before-punch-hole", DESTROYS, open_before, punch_before,
    "io_uring punching a hole through a descriptor from before");

static enum result open_truncate(const struct place *place)
{
	int descriptor;

	TRY(ready(0));
	ask_open(place->secret, O_WRONLY | O_TRUNC);
	TRY(one(&descriptor));
	return did();
}
WAY(ring_truncate, "io-uring-open-truncate", DESTROYS, NULL, open_truncate, "io_uring's openat with O_TRUNC");

static enum result unlink_op(const struct place *place)
{
	int result;

	TRY(ready(0));
	struct io_uring_sqe *entry = next_entry(&ring, IORING_OP_UNLINKAT);
	entry->fd = AT_FDCWD;
	entry->addr = (uintptr_t)place->secret;
	TRY(one(&result));
	return did();
}
WAY(ring_unlink, "io-uring-unlink", DESTROYS, NULL, unlink_op, "io_uring's unlinkat");

static enum result two_names(const struct place *place, int operation, const char *from, const char *to)
{
	int result;

	(void)place;
	TRY(ready(0));
	struct io_uring_sqe *entry = next_entry(&ring, operation);
	entry->fd = AT_FDCWD;
	entry->addr = (uintptr_t)from;
	entry->len = (__u32)AT_FDCWD;
	entry->addr2 = (uintptr_t)to;
	TRY(one(&result));
	return did();
}

static enum result rename_op(const struct place *place)
{
	return two_names(place, IORING_OP_RENAMEAT, in(place, "innocent"), place->secret);
}
WAY(ring_rename, "io-uring-rename-over", DESTROYS, NULL, rename_op, "io_uring's renameat of another file over it");

static enum result link_op(const struct place *place)
{
	return two_names(place, IORING_OP_LINKAT, place->secret, in(place, "second"));
}
WAY(ring_link, "io-uring-link", DESTROYS, NULL, link_op, "io_uring's linkat");
