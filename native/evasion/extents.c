// SPDX-License-Identifier: Apache-2.0
// Calls by which a file system swaps the blocks of two files; the second is a mere number to whoever looks at the call.
#define _GNU_SOURCE
#include "int80.h"
#include "way.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define BLOCK 4096

// fs/ext4/ext4.h; no user header has it.
struct move_extent {
	uint32_t reserved, donor;
	uint64_t start, donor_start, blocks, moved;
};
#define EXT4_IOC_MOVE_EXT _IOWR('f', 15, struct move_extent)

static int before = -1;

static int write_block(int descriptor)
{
	static const char other[BLOCK] = "not the secret";

	return pwrite(descriptor, other, sizeof(other), 0) != sizeof(other) || fsync(descriptor);
}

static enum result open_whole_block(const struct place *place)
{
	before = open(place->secret, O_RDWR);
	if (before < 0 || ftruncate(before, BLOCK) || fsync(before))
		return could_not("open it before the policy");
	return DID;
}

static int swap_64(int own, struct move_extent *move)
{
	return ioctl(own, EXT4_IOC_MOVE_EXT, move);
}

// What was in the other file's blocks is then in those of the denied one.
static enum result move_extents_by(const struct place *place, int (*swap)(int own, struct move_extent *move))
{
	int own = open(in(place, "own"), O_RDWR | O_CREAT, 0600);
	struct move_extent move = { .donor = (uint32_t)before, .blocks = 1 };

	if (own < 0 || write_block(own))
		return could_not("write a file to swap with");
	// What is in memory of the denied file would hide what happens to it on the disk.
	posix_fadvise(before, 0, 0, POSIX_FADV_DONTNEED);
	if (swap(own, &move) == 0)
		return did();
	if (errno == ENOSYS || errno == ENOTTY || errno == EOPNOTSUPP)
		return could_not("swap blocks on this file system");
	return refused();
}
static enum result move_extents(const struct place *place)
{
	return move_extents_by(place, swap_64);
}
WAY(move_extents, "before-move-extents", DESTROYS, open_whole_block, move_extents,
    "swapping its blocks with another file's by EXT4_IOC_MOVE_EXT");

#if defined(__x86_64__)
// The same call has a hook of its own for 32-bit callers.
static int swap_32(int own, struct move_extent *move)
{
	char *copy = low();

	memcpy(copy, move, sizeof(*move));
	return (int)int80(54 /* ioctl */, own, (long)EXT4_IOC_MOVE_EXT, (long)copy, 0);
}
static enum result move_extents_32(const struct place *place)
{
	return move_extents_by(place, swap_32);
}
WAY(move_extents_32, "int80-move-extents", DESTROYS, open_whole_block, move_extents_32,
    "swapping its blocks with another file's by an ioctl by int 0x80");
#endif
