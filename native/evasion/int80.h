// SPDX-License-Identifier: Apache-2.0
// 32-bit system calls, entered from 64-bit code.
#ifndef AEGIS_EVASION_INT80_H
#define AEGIS_EVASION_INT80_H

#if defined(__x86_64__)

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>

static inline long int80(long number, long first, long second, long third, long fourth)
{
	long result;

	asm volatile("int $0x80"
		     : "=a"(result)
		     : "a"(number), "b"(first), "c"(second), "d"(third), "S"(fourth)
		     : "memory", "cc", "r8", "r9", "r10", "r11");
	if (result < 0 && result > -4096) {
		errno = (int)-result;
		return -1;
	}
	return result;
}

// Memory that a 32-bit pointer reaches.
static inline char *low(void)
{
	return mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
}

#endif
#endif
