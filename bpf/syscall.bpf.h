/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Which arguments of which system call are paths, for each calling convention
 * the kernel serves. The one place that knows system call numbers.
 */
#ifndef AEGIS_SYSCALL_BPF_H
#define AEGIS_SYSCALL_BPF_H

#include "hook.bpf.h"

/* User addresses; 0 where the call has no such path. */
struct path_arguments {
	__u64 first;
	__u64 second;
};

#if defined(__TARGET_ARCH_x86)

#define X32_SYSCALL_BIT 0x40000000
#define USER32_CS 0x23 /* arch/x86/include/asm/segment.h: __USER32_CS */

static __always_inline struct path_arguments path_arguments_32(struct pt_regs *regs, long number)
{
	struct path_arguments paths = {};

	switch (number) {
	case 5:   /* open */
	case 8:   /* creat */
	case 9:   /* link */
	case 10:  /* unlink */
	case 11:  /* execve */
	case 92:  /* truncate */
	case 193: /* truncate64 */
		paths.first = (__u32)regs->bx;
		break;
	case 38:  /* rename */
		paths.first = (__u32)regs->bx;
		paths.second = (__u32)regs->cx;
		break;
	case 295: /* openat */
	case 437: /* openat2 */
	case 301: /* unlinkat */
	case 303: /* linkat */
	case 341: /* name_to_handle_at */
	case 358: /* execveat */
		paths.first = (__u32)regs->cx;
		break;
	case 302: /* renameat */
	case 353: /* renameat2 */
		paths.first = (__u32)regs->cx;
		paths.second = (__u32)regs->si;
		break;
	}
	return paths;
}

static __always_inline struct path_arguments path_arguments(struct pt_regs *regs, long number)
{
	struct path_arguments paths = {};

	if ((regs->cs & 0xffff) == USER32_CS)
		return path_arguments_32(regs, number);
	switch (number & ~X32_SYSCALL_BIT) {
	case 2:   /* open */
	case 59:  /* execve */
	case 76:  /* truncate */
	case 85:  /* creat */
	case 86:  /* link */
	case 87:  /* unlink */
		paths.first = regs->di;
		break;
	case 82:  /* rename */
		paths.first = regs->di;
		paths.second = regs->si;
		break;
	case 257: /* openat */
	case 437: /* openat2 */
	case 263: /* unlinkat */
	case 265: /* linkat */
	case 303: /* name_to_handle_at */
	case 322: /* execveat */
		paths.first = regs->si;
		break;
	case 264: /* renameat */
	case 316: /* renameat2 */
		paths.first = regs->si;
		paths.second = regs->r10;
		break;
	}
	return paths;
}

#elif defined(__TARGET_ARCH_arm64)

static __always_inline struct path_arguments path_arguments(struct pt_regs *regs, long number)
{
	struct path_arguments paths = {};

	switch (number) {
	case 45:  /* truncate */
	case 221: /* execve */
		paths.first = regs->regs[0];
		break;
	case 35:  /* unlinkat */
	case 37:  /* linkat */
	case 56:  /* openat */
	case 264: /* name_to_handle_at */
	case 281: /* execveat */
	case 437: /* openat2 */
		paths.first = regs->regs[1];
		break;
	case 38:  /* renameat */
	case 276: /* renameat2 */
		paths.first = regs->regs[1];
		paths.second = regs->regs[3];
		break;
	}
	return paths;
}

#endif
#endif
