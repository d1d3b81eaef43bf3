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

/*
 * BIND(ID, name, lsm_hook, function, decide): decide(ctx, act) fills the act's
 * subject and answers the verdict. The LSM programs return what they decide;
 * fmod_ret on the security_ function does the same without BPF-LSM; fentry can
 * only send a signal.
 */
#define BIND(ID, name, lsm_hook, function, decide)                                     \
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
	}                                                                              \
	SEC("fentry/" #function)                                                       \
	int fentry_##name(__u64 *ctx)                                                  \
	{                                                                              \
		struct act act = { .hook = AEGIS_HOOK_##ID, .mechanism = AEGIS_MECHANISM_FENTRY }; \
		return kill(&act, decide(ctx, &act));                                  \
	}

#endif
