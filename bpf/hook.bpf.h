/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Binds a decision to its hook in every mechanism that can carry it. A
 * decision reads the hook's arguments as typed pointers only: helpers that
 * read kernel memory are refused under lockdown=confidentiality, plain loads
 * through typed pointers are not.
 */
#ifndef AEGIS_HOOK_BPF_H
#define AEGIS_HOOK_BPF_H

#include "verdict.bpf.h"

/* Loads through the answer are typed like any other; see AEGIS_CALL_RDONLY_CAST. */
static void *(*const rdonly_cast)(const void *pointer, __u32 type) = (void *)AEGIS_CALL_RDONLY_CAST;

/*
 * Argument n of the hooked function. Inline assembly keeps the compiler from
 * merging two such loads into one with a computed offset, which the verifier
 * refuses for the context.
 */
#define ARGUMENT(ctx, n)                                                             \
	({                                                                           \
		__u64 value_;                                                        \
		asm volatile("%0 = *(u64 *)(%1 + %2)" : "=r"(value_) : "r"(ctx), "i"((n)*8)); \
		(void *)value_;                                                      \
	})

/*
 * Whether a kernel pointer is NULL, asked twice. Kernels 6.2 to 6.13 take some
 * LSM arguments and dentry->d_inode for never NULL, delete a plain comparison
 * with zero as dead code, and would fault on the load; the comparison with the
 * first page survives. Kernels from 6.14 on want the plain one.
 */
#define IS_NULL(pointer)                                    \
	({                                                  \
		bool null_ = !(pointer);                    \
		if (!null_) {                               \
			asm volatile("" : "+r"(pointer));   \
			null_ = (unsigned long)(pointer) < 4096; \
		}                                           \
		null_;                                      \
	})

/* What a class sees of an inode: the key of its rules, and the event's subject. */
static __always_inline struct aegis_inode identify(struct act *act, struct inode *inode)
{
	struct aegis_inode key = { .ino = inode->i_ino, .dev = inode->i_sb->s_dev };

	act->ino = key.ino;
	act->dev = key.dev;
	return key;
}

/*
 * BIND(ID, name, lsm_hook, function, decide): decide(ctx, act) fills the act's
 * subject and answers the verdict. The LSM programs return what they decide;
 * fmod_ret on the security_ function does the same without BPF-LSM; fentry can
 * only send a signal.
 */
#define BIND(ID, name, lsm_hook, function, decide)                                     \
	BIND_ANSWER(ID, name, lsm_hook, function, decide)                              \
	SEC("fentry/" #function)                                                       \
	int fentry_##name(__u64 *ctx)                                                  \
	{                                                                              \
		struct act act = { .hook = AEGIS_HOOK_##ID, .mechanism = AEGIS_MECHANISM_FENTRY }; \
		return kill(&act, decide(ctx, &act));                                  \
	}

/* The same without the signal, where to kill would be out of proportion. */
#define BIND_ANSWER(ID, name, lsm_hook, function, decide)                              \
	SEC("lsm/" #lsm_hook)                                                          \
	int lsm_##name(__u64 *ctx)                                                     \
	{                                                                              \
		struct act act = { .hook = AEGIS_HOOK_##ID, .mechanism = AEGIS_MECHANISM_LSM }; \
		return deny(&act, decide(ctx, &act));                                  \
	}                                                                              \
	SEC("fmod_ret/" #function)                                                     \
	int fmod_ret_##name(__u64 *ctx)                                                \
	{                                                                              \
		struct act act = { .hook = AEGIS_HOOK_##ID, .mechanism = AEGIS_MECHANISM_FMOD_RET }; \
		return deny(&act, decide(ctx, &act));                                  \
	}

/*
 * The last rung, which can only send a signal. BIND_ENTRY(ID, name, judge) calls
 * judge(act, regs, number) at the entry of every system call, BIND_EXIT
 * judge(act, result) at its end; both answer nothing and send it themselves.
 *
 * Each is bound twice. A kernel that preempts skips the first kind as
 * backstop.bpf.h says. The second, which stands behind it there, is the same
 * tracepoint by way of perf: it runs with preemption off, but wants tracefs.
 */
#define BIND_ENTRY(ID, name, judge_entry)                                              \
	SEC("tp_btf/sys_enter")                                                        \
	int tracepoint_##name##_enter(__u64 *ctx)                                      \
	{                                                                              \
		struct act act = { .hook = AEGIS_HOOK_##ID, .mechanism = AEGIS_MECHANISM_TRACEPOINT }; \
		judge_entry(&act, ARGUMENT(ctx, 0), (long)ARGUMENT(ctx, 1));           \
		return 0;                                                              \
	}                                                                              \
	SEC("perf/raw_syscalls/sys_enter")                                             \
	int tracepoint_##name##_enter_perf(struct raw_syscall *ctx)                    \
	{                                                                              \
		struct act act = { .hook = AEGIS_HOOK_##ID, .mechanism = AEGIS_MECHANISM_TRACEPOINT, .is_guard = 1 }; \
		judge_entry(&act, current_regs(), ctx->id);                            \
		return 0;                                                              \
	}
#define BIND_EXIT(ID, name, judge_exit)                                                \
	SEC("tp_btf/sys_exit")                                                         \
	int tracepoint_##name##_exit(__u64 *ctx)                                       \
	{                                                                              \
		struct act act = { .hook = AEGIS_HOOK_##ID, .mechanism = AEGIS_MECHANISM_TRACEPOINT }; \
		judge_exit(&act, (long)ARGUMENT(ctx, 1));                              \
		return 0;                                                              \
	}                                                                              \
	SEC("perf/raw_syscalls/sys_exit")                                              \
	int tracepoint_##name##_exit_perf(struct raw_syscall *ctx)                     \
	{                                                                              \
		struct act act = { .hook = AEGIS_HOOK_##ID, .mechanism = AEGIS_MECHANISM_TRACEPOINT, .is_guard = 1 }; \
		judge_exit(&act, ctx->result);                                         \
		return 0;                                                              \
	}

/* The record of raw_syscalls:sys_enter and sys_exit, as far as it is read. */
struct raw_syscall {
	__u64 common;
	long id;
	long result;
};

/* The registers with which the current task entered the kernel. */
static __always_inline struct pt_regs *current_regs(void)
{
	return (void *)bpf_task_pt_regs(bpf_get_current_task_btf());
}

#endif
