// SPDX-License-Identifier: Apache-2.0
// The program of the exec rows: running it prints the secret, and the proof writes a fresh one over the placeholder in
// each copy. So a secret that came out shows that the copy was read or run, whichever way.
#include <sys/syscall.h>

// Zeroed by the kernel before the program runs, which brings the page of the data in: a path that was there before is
// read as the secret's text (absent_path.c).
static volatile char zeroed[16];
static volatile char secret[] = "secret-00000000000000000000000000000000\n";

static long call3(long number, long first, long second, long third)
{
	long result;
#if defined(__x86_64__)
	asm volatile("syscall" : "=a"(result) : "a"(number), "D"(first), "S"(second), "d"(third) : "rcx", "r11", "memory");
#elif defined(__aarch64__)
	register long x8 asm("x8") = number;
	register long x0 asm("x0") = first;
	register long x1 asm("x1") = second;
	register long x2 asm("x2") = third;
	asm volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
	result = x0;
#endif
	return result;
}

void _start(void)
{
	zeroed[0] = 1;
	call3(SYS_write, 1, (long)secret, sizeof(secret) - 1);
	call3(SYS_exit_group, 0, 0, 0);
	__builtin_unreachable();
}
