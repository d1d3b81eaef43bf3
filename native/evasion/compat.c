// SPDX-License-Identifier: Apache-2.0
// System calls by other conventions: 32-bit ones entered from 64-bit code, and x32.
#define _GNU_SOURCE
#include "int80.h"
#include "reach.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)

static int before = -1;

static enum result open_before(const struct place *place)
{
	before = open(place->secret, O_RDWR);
	return before < 0 ? could_not("open it before the policy") : DID;
}

static long low_path(const struct place *place)
{
	return (long)strcpy(low(), place->secret);
}

static enum result read_low(const struct place *place, int descriptor)
{
	char *data = low();
	long size;

	if (descriptor < 0)
		return errno == ENOSYS ? could_not("make a 32-bit system call") : refused();
	size = int80(3 /* read */, descriptor, (long)data, 4096, 0);
	if (size < 0)
		return refused();
	memcpy(place->memory, data, (size_t)size);
	return did();
}

static enum result open_32(const struct place *place)
{
	return read_low(place, (int)int80(5, low_path(place), O_RDONLY, 0, 0));
}
WAY(open_32, "int80-open", DISCLOSES, NULL, open_32, "open by int 0x80");

static enum result openat_32(const struct place *place)
{
	return read_low(place, (int)int80(295, AT_FDCWD, low_path(place), O_RDONLY, 0));
}
WAY(openat_32, "int80-openat", DISCLOSES, NULL, openat_32, "openat by int 0x80");

static enum result read_32(const struct place *place)
{
	return read_low(place, before);
}
WAY(read_32, "int80-read", DISCLOSES, open_before, read_32, "read by int 0x80 of a descriptor from before");

static enum result mmap_32(const struct place *place)
{
	// mmap2: the sixth argument, the offset, is in ebp and is whatever stands there; the old call takes a block.
	uint32_t *block = (uint32_t *)low();
	block[1] = 4096;
	block[2] = PROT_READ;
	block[3] = MAP_PRIVATE | MAP_POPULATE;
	block[4] = (uint32_t)before;
	long address = int80(90, (long)block, 0, 0, 0);
	if (address < 0 && address > -4096)
		return refused();
	memcpy(place->memory, (const char *)(uintptr_t)(uint32_t)address, 64);
	return did();
}
WAY(mmap_32, "int80-mmap", DISCLOSES, open_before, mmap_32, "mmap by int 0x80 of a descriptor from before");

static enum result ended(long result)
{
	return result < 0 ? refused() : did();
}

static enum result truncate_32(const struct place *place)
{
	return ended(int80(92, low_path(place), 0, 0, 0));
}
WAY(truncate_32, "int80-truncate", DESTROYS, NULL, truncate_32, "truncate by int 0x80");

static enum result truncate64_32(const struct place *place)
{
	return ended(int80(193, low_path(place), 0, 0, 0));
}
WAY(truncate64_32, "int80-truncate64", DESTROYS, NULL, truncate64_32, "truncate64 by int 0x80");

static enum result ftruncate_32(const struct place *place)
{
	(void)place;
	return ended(int80(93, before, 0, 0, 0));
}
WAY(ftruncate_32, "int80-ftruncate", DESTROYS, open_before, ftruncate_32,
    "ftruncate by int 0x80 of a descriptor from before");

static enum result unlink_32(const struct place *place)
{
	return ended(int80(10, low_path(place), 0, 0, 0));
}
WAY(unlink_32, "int80-unlink", DESTROYS, NULL, unlink_32, "unlink by int 0x80");

static enum result execve_32(const struct place *place)
{
	uint32_t *words = (uint32_t *)low();

	words[0] = (uint32_t)low_path(place);
	return ended(int80(11, low_path(place), (long)words, 0, 0));
}
WAY(execve_32, "int80-execve", RUNS, NULL, execve_32, "execve by int 0x80");

// socketcall takes its arguments from memory, so that a look at the registers tells neither socket nor address.
static enum result connect_32(const struct place *place)
{
	uint32_t *words = (uint32_t *)low();
	struct sockaddr_in *address = (struct sockaddr_in *)low();
	int socket_end = socket(AF_INET, SOCK_STREAM, 0);

	(void)place;
	*address = v4();
	words[0] = (uint32_t)socket_end;
	words[1] = (uint32_t)(uintptr_t)address;
	words[2] = sizeof(*address);
	if (int80(102 /* socketcall */, 3 /* SYS_CONNECT */, (long)words, 0, 0))
		return errno == ENOSYS ? could_not("make a 32-bit system call") : refused();
	return sent(send(socket_end, secret, secret_size, MSG_NOSIGNAL));
}
REACH_WAY(connect_32, "int80-socketcall", look_up, connect_32, "connect through socketcall by int 0x80");

static enum result x32(const struct place *place)
{
	long descriptor = syscall(0x40000000 | SYS_open, place->secret, O_RDONLY);

	if (descriptor < 0 && errno == ENOSYS)
		return could_not("make an x32 system call");
	return read_opened(place, (int)descriptor);
}
WAY(x32, "x32-open", DISCLOSES, NULL, x32, "open by the x32 convention");

#endif
