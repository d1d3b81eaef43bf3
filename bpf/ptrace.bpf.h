/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The ptrace class, one flag: nobody in scope takes hold of another process.
 * The kernel asks with PTRACE_MODE_ATTACH for PTRACE_ATTACH and SEIZE,
 * process_vm_readv and writev, /proc/PID/mem, pidfd_getfd and the like; all
 * are denied. It asks with PTRACE_MODE_READ for what `ps` and `top` look at;
 * that goes on. A process's access to itself is not asked about at all.
 */
#ifndef AEGIS_PTRACE_BPF_H
#define AEGIS_PTRACE_BPF_H

#include "hook.bpf.h"

#define PTRACE_MODE_ATTACH 0x02 /* include/linux/ptrace.h */

static __always_inline enum verdict decide_tracing(struct act *act, struct task_struct *other)
{
	const struct aegis_settings *settings = current_settings();

	if (is_canary_task(settings))
		return CANARY;
	act->detail = other->tgid;
	return answer_flag(settings, act, AEGIS_CLASS_PTRACE);
}

/* ptrace_access_check(the other, mode) */
static __always_inline enum verdict decide_access(__u64 *ctx, struct act *act)
{
	if (!((unsigned long)ARGUMENT(ctx, 1) & PTRACE_MODE_ATTACH))
		return ALLOW;
	return decide_tracing(act, ARGUMENT(ctx, 0));
}

/* ptrace_traceme(parent): the current process asks to be traced. */
static __always_inline enum verdict decide_traceme(__u64 *ctx, struct act *act)
{
	return decide_tracing(act, ARGUMENT(ctx, 0));
}

#endif
