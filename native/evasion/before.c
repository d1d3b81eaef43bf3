// SPDX-License-Identifier: Apache-2.0
// Descriptors that were opened before there was a policy, and every way to use one. What is read goes to memory that
// outlives the process, so that a signal which comes too late is seen to.
#define _GNU_SOURCE
#include "way.h"

#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static int before = -1;
static int pipe_ends[2];
static char *mapping = MAP_FAILED;

static enum result open_before(const struct place *place)
{
	before = open(place->secret, O_RDWR);
	if (before < 0 || pipe(pipe_ends))
		return could_not("open it before the policy");
	return DID;
}

static enum result read_it(const struct place *place)
{
	return read_descriptor(place, before);
}
WAY(before_read, "before-read", DISCLOSES, open_before, read_it, "read of a descriptor from before");

static enum result pread_it(const struct place *place)
{
	return filled(pread(before, place->memory, place->memory_size, 0));
}
WAY(before_pread, "before-pread", DISCLOSES, open_before, pread_it, "pread of a descriptor from before");

static struct iovec room(const struct place *place)
{
	return (struct iovec){ .iov_base = place->memory, .iov_len = place->memory_size };
}

static enum result readv_it(const struct place *place)
{
	struct iovec buffer = room(place);

	return filled(readv(before, &buffer, 1));
}
WAY(before_readv, "before-readv", DISCLOSES, open_before, readv_it, "readv of a descriptor from before");

static enum result preadv2_it(const struct place *place)
{
	struct iovec buffer = room(place);

	return filled(preadv2(before, &buffer, 1, 0, 0));
}
WAY(before_preadv2, "before-preadv2", DISCLOSES, open_before, preadv2_it, "preadv2 of a descriptor from before");

static enum result duplicated(const struct place *place)
{
	return read_descriptor(place, dup(before));
}
WAY(before_dup, "before-dup", DISCLOSES, open_before, duplicated, "read of a duplicate of a descriptor from before");

static enum result reopened(const struct place *place)
{
	char name[64];

	snprintf(name, sizeof(name), "/proc/self/fd/%d", before);
	return read_path(place, name);
}
WAY(before_reopen, "before-reopen", DISCLOSES, open_before, reopened, "opening /proc/self/fd/N of a descriptor from before");

// What is in the pipe was put there by the act under test; this only looks.
static enum result drained(const struct place *place, ssize_t moved)
{
	return moved < 0 ? refused() : filled(read(pipe_ends[0], place->memory, place->memory_size));
}

static enum result splice_it(const struct place *place)
{
	return drained(place, splice(before, NULL, pipe_ends[1], NULL, 4096, 0));
}
WAY(before_splice, "before-splice", DISCLOSES, open_before, splice_it, "splice of a descriptor from before");

static enum result sendfile_it(const struct place *place)
{
	return drained(place, sendfile(pipe_ends[1], before, NULL, 4096));
}
WAY(before_sendfile, "before-sendfile", DISCLOSES, open_before, sendfile_it, "sendfile to a pipe of a descriptor from before");

// A child acts, and this process looks into the pipe or socket after its end: what was sent has come out.
static enum result after_child(const struct place *place, ssize_t (*act)(int), int to, int from)
{
	pid_t child = fork();

	if (child == 0)
		_exit(act(to) < 0 ? refused() : DID);
	close(to);
	enum result result = ended_as(child);
	ssize_t size = read(from, place->memory, place->memory_size);
	return size > 0 ? did() : result;
}

static ssize_t splice_to(int end)
{
	return splice(before, NULL, end, NULL, 4096, 0);
}
static enum result splice_shared(const struct place *place)
{
	return after_child(place, splice_to, pipe_ends[1], pipe_ends[0]);
}
WAY(before_splice_out, "before-splice-to-another", DISCLOSES, open_before, splice_shared,
    "splice of a descriptor from before, to another process");

static ssize_t send_to(int end)
{
	return sendfile(end, before, NULL, 4096);
}
static enum result sendfile_shared(const struct place *place)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		return could_not("make a socket pair");
	return after_child(place, send_to, ends[1], ends[0]);
}
WAY(before_sendfile_out, "before-sendfile-to-another", DISCLOSES, open_before, sendfile_shared,
    "sendfile of a descriptor from before, to another process");

static enum result copy_it(const struct place *place)
{
	int copy = open(in(place, "copy"), O_RDWR | O_CREAT, 0600);

	if (copy_file_range(before, NULL, copy, NULL, 4096, 0) < 0)
		return refused();
	return filled(pread(copy, place->memory, place->memory_size, 0));
}
WAY(before_copy, "before-copy-file-range", DISCLOSES, open_before, copy_it, "copy_file_range of a descriptor from before");

static enum result aio_it(const struct place *place)
{
	aio_context_t context = 0;
	struct iocb block = { .aio_fildes = (__u32)before, .aio_lio_opcode = IOCB_CMD_PREAD,
			      .aio_buf = (__u64)place->memory, .aio_nbytes = place->memory_size };
	struct iocb *blocks[] = { &block };
	struct io_event event = {};

	if (syscall(SYS_io_setup, 1, &context))
		return could_not("set up asynchronous reading");
	if (syscall(SYS_io_submit, context, 1, blocks) < 0)
		return refused();
	syscall(SYS_io_getevents, context, 1, 1, &event, NULL);
	return event.res < 0 ? refused_with((int)-event.res) : did();
}
WAY(before_aio, "before-aio", DISCLOSES, open_before, aio_it, "io_submit with a descriptor from before");

static enum result look(const struct place *place, const char *data)
{
	if (data == MAP_FAILED)
		return refused();
	memcpy(place->memory, data, 64);
	return did();
}

static enum result map_it(const struct place *place)
{
	return look(place, mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, before, 0));
}
WAY(before_mmap, "before-mmap", DISCLOSES, open_before, map_it, "mmap of a descriptor from before");

static enum result map_before(const struct place *place)
{
	TRY(open_before(place));
	mapping = mmap(NULL, 4096, PROT_NONE, MAP_SHARED, before, 0);
	return mapping == MAP_FAILED ? could_not("map it without access") : DID;
}
static enum result make_readable(const struct place *place)
{
	return mprotect(mapping, 4096, PROT_READ) ? refused() : look(place, mapping);
}
WAY(before_mprotect, "before-mprotect", DISCLOSES, map_before, make_readable,
    "mprotect of a mapping from before that had no access");

static enum result protect_key(const struct place *place)
{
	int key = (int)syscall(SYS_pkey_alloc, 0, 0);

	return syscall(SYS_pkey_mprotect, mapping, 4096, PROT_READ, key) ? refused() : look(place, mapping);
}
WAY(before_pkey, "before-pkey-mprotect", DISCLOSES, map_before, protect_key,
    "pkey_mprotect of a mapping from before that had no access");

static enum result make_writable(const struct place *place)
{
	(void)place;
	if (mprotect(mapping, 4096, PROT_READ | PROT_WRITE))
		return refused();
	mapping[0] = 'X';
	return did();
}
WAY(before_mprotect_write, "before-mprotect-write", DESTROYS, map_before, make_writable,
    "mprotect for writing of a mapping from before");

static enum result ended(long result)
{
	return result < 0 ? refused() : did();
}

static enum result write_it(const struct place *place)
{
	(void)place;
	return ended(write(before, "XXXX", 4));
}
WAY(before_write, "before-write", DESTROYS, open_before, write_it, "write to a descriptor from before");

static enum result pwritev_it(const struct place *place)
{
	struct iovec data = { .iov_base = (void *)"XXXX", .iov_len = 4 };

	(void)place;
	return ended(pwritev(before, &data, 1, 2));
}
WAY(before_pwritev, "before-pwritev", DESTROYS, open_before, pwritev_it, "pwritev to a descriptor from before");

static enum result splice_in(const struct place *place)
{
	(void)place;
	if (write(pipe_ends[1], "XXXX", 4) != 4)
		return could_not("fill a pipe");
	return ended(splice(pipe_ends[0], NULL, before, NULL, 4, 0));
}
WAY(before_splice_in, "before-splice-in", DESTROYS, open_before, splice_in, "splice into a descriptor from before");

static enum result copy_in(const struct place *place)
{
	return ended(copy_file_range(open(in(place, "innocent"), O_RDONLY), NULL, before, NULL, 8, 0));
}
WAY(before_copy_in, "before-copy-in", DESTROYS, open_before, copy_in, "copy_file_range into a descriptor from before");

static enum result ftruncate_it(const struct place *place)
{
	(void)place;
	return ended(ftruncate(before, 0));
}
WAY(before_ftruncate, "before-ftruncate", DESTROYS, open_before, ftruncate_it, "ftruncate of a descriptor from before");

static enum result truncate_through_fd(const struct place *place)
{
	char name[64];

	(void)place;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", before);
	return ended(truncate(name, 0));
}
WAY(before_truncate, "before-truncate-proc-fd", DESTROYS, open_before, truncate_through_fd,
    "truncate of /proc/self/fd/N of a descriptor from before");

static enum result punch(const struct place *place)
{
	(void)place;
	return ended(fallocate(before, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096));
}
WAY(before_punch, "before-punch-hole", DESTROYS, open_before, punch, "punching a hole through a descriptor from before");

static enum result zero(const struct place *place)
{
	(void)place;
	return ended(fallocate(before, FALLOC_FL_ZERO_RANGE, 0, 4096));
}
WAY(before_zero, "before-zero-range", DESTROYS, open_before, zero, "zeroing a range through a descriptor from before");

static enum result link_it(const struct place *place)
{
	return ended(linkat(before, "", AT_FDCWD, in(place, "second"), AT_EMPTY_PATH));
}
WAY(before_link, "before-link", DESTROYS, open_before, link_it, "giving a descriptor from before a name");
