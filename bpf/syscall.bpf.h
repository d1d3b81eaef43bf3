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

/* What a call does with a socket address; NAME_IN_MESSAGE: it stands in a message header. */
enum name_use { NAME_CONNECTS, NAME_BINDS, NAME_SENDS, NAME_IN_MESSAGE };

struct name_argument {
	__u64 address; /* in user space; 0 for any other call */
	__u32 use;     /* enum name_use */
	__u32 is_32_bit;
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

/* The path of a program to be executed, 0 for any other call. */
static __always_inline __u64 program_argument(struct pt_regs *regs, long number)
{
	if ((regs->cs & 0xffff) == USER32_CS)
		return number == 11 ? (__u32)regs->bx : number == 358 ? (__u32)regs->cx : 0;
	switch (number) {
	case 59:                    /* execve */
	case X32_SYSCALL_BIT + 520: /* x32: execve */
		return regs->di;
	case 322:                   /* execveat */
	case X32_SYSCALL_BIT + 545: /* x32: execveat */
		return regs->si;
	}
	return 0;
}

static __always_inline struct name_argument name_argument_32(struct pt_regs *regs, long number)
{
	struct name_argument argument = { .is_32_bit = 1 };

	switch (number) {
	case 361: /* bind */
		argument.use = NAME_BINDS;
		argument.address = (__u32)regs->cx;
		break;
	case 362: /* connect */
		argument.use = NAME_CONNECTS;
		argument.address = (__u32)regs->cx;
		break;
	case 369: /* sendto */
		argument.use = NAME_SENDS;
		argument.address = (__u32)regs->di;
		break;
	case 345: /* sendmmsg */
	case 370: /* sendmsg */
		argument.use = NAME_IN_MESSAGE;
		argument.address = (__u32)regs->cx;
		break;
	}
	return argument;
}

static __always_inline struct name_argument name_argument(struct pt_regs *regs, long number)
{
	struct name_argument argument = {};

	if ((regs->cs & 0xffff) == USER32_CS)
		return name_argument_32(regs, number);
	switch (number) {
	case X32_SYSCALL_BIT + 518: /* x32: sendmsg */
	case X32_SYSCALL_BIT + 538: /* x32: sendmmsg */
		argument.is_32_bit = 1;
		argument.use = NAME_IN_MESSAGE;
		argument.address = regs->si;
		return argument;
	}
	switch (number & ~X32_SYSCALL_BIT) {
	case 42: /* connect */
		argument.use = NAME_CONNECTS;
		argument.address = regs->si;
		break;
	case 49: /* bind */
		argument.use = NAME_BINDS;
		argument.address = regs->si;
		break;
	case 44: /* sendto */
		argument.use = NAME_SENDS;
		argument.address = regs->r8;
		break;
	case 46:  /* sendmsg */
	case 307: /* sendmmsg */
		argument.use = NAME_IN_MESSAGE;
		argument.address = regs->si;
		break;
	}
	return argument;
}

/* The class of the flags a call falls under; AEGIS_CLASS_COUNT for none. */
static __always_inline enum aegis_class flag_class_32(long number)
{
	switch (number) {
	case 26:  /* ptrace */
	case 347: /* process_vm_readv */
	case 348: /* process_vm_writev */
	case 438: /* pidfd_getfd */
		return AEGIS_CLASS_PTRACE;
	case 128: /* init_module */
	case 350: /* finit_module */
		return AEGIS_CLASS_MODULE;
	case 357: /* bpf */
		return AEGIS_CLASS_BPF;
	}
	return AEGIS_CLASS_COUNT;
}

static __always_inline enum aegis_class flag_class(struct pt_regs *regs, long number)
{
	if ((regs->cs & 0xffff) == USER32_CS)
		return flag_class_32(number);
	switch (number & ~X32_SYSCALL_BIT) {
	case 101: /* ptrace */
	case 310: /* process_vm_readv */
	case 311: /* process_vm_writev */
	case 438: /* pidfd_getfd */
	case 521: /* x32: ptrace */
	case 539: /* x32: process_vm_readv */
	case 540: /* x32: process_vm_writev */
		return AEGIS_CLASS_PTRACE;
	case 175: /* init_module */
	case 313: /* finit_module */
		return AEGIS_CLASS_MODULE;
	case 321: /* bpf */
		return AEGIS_CLASS_BPF;
	}
	return AEGIS_CLASS_COUNT;
}

#elif defined(__TARGET_ARCH_arm64)

static __always_inline enum aegis_class flag_class(struct pt_regs *regs, long number)
{
	switch (number) {
	case 117: /* ptrace */
	case 270: /* process_vm_readv */
	case 271: /* process_vm_writev */
	case 438: /* pidfd_getfd */
		return AEGIS_CLASS_PTRACE;
	case 105: /* init_module */
	case 273: /* finit_module */
		return AEGIS_CLASS_MODULE;
	case 280: /* bpf */
		return AEGIS_CLASS_BPF;
	}
	return AEGIS_CLASS_COUNT;
}

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

static __always_inline struct name_argument name_argument(struct pt_regs *regs, long number)
{
	struct name_argument argument = {};

	switch (number) {
	case 200: /* bind */
		argument.use = NAME_BINDS;
		argument.address = regs->regs[1];
		break;
	case 203: /* connect */
		argument.use = NAME_CONNECTS;
		argument.address = regs->regs[1];
		break;
	case 206: /* sendto */
		argument.use = NAME_SENDS;
		argument.address = regs->regs[4];
		break;
	case 211: /* sendmsg */
	case 269: /* sendmmsg */
		argument.use = NAME_IN_MESSAGE;
		argument.address = regs->regs[1];
		break;
	}
	return argument;
}

static __always_inline __u64 program_argument(struct pt_regs *regs, long number)
{
	return number == 221 ? regs->regs[0] : number == 281 ? regs->regs[1] : 0;
}

#endif
#endif
