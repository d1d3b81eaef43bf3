/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The module class, one flag: nobody in scope loads a kernel module, whether
 * from a file or from memory, or has the kernel load one by asking for what it
 * provides. The last is refused where that can be answered; a signal for it
 * would kill whoever opens a socket of a family that is not there, so the
 * signal rungs let it go and say so.
 */
#ifndef AEGIS_MODULE_BPF_H
#define AEGIS_MODULE_BPF_H

#include "hook.bpf.h"

static __always_inline enum verdict decide_module(struct act *act, __u32 purpose)
{
	const struct aegis_settings *settings = current_settings();

	if (is_canary_task(settings))
		return CANARY;
	act->detail = purpose;
	return answer_flag(settings, act, AEGIS_CLASS_MODULE);
}

/* kernel_read_file(file, purpose, ...): finit_module. */
static __always_inline enum verdict decide_module_file(__u64 *ctx, struct act *act)
{
	__u32 purpose = (unsigned long)ARGUMENT(ctx, 1);

	if (!purpose || (purpose != knobs.reading_module && purpose != knobs.reading_module_compressed))
		return ALLOW;
	return decide_module(act, purpose);
}

/* kernel_load_data(purpose, ...): init_module. */
static __always_inline enum verdict decide_module_memory(__u64 *ctx, struct act *act)
{
	__u32 purpose = (unsigned long)ARGUMENT(ctx, 0);

	if (!purpose || purpose != knobs.loading_module)
		return ALLOW;
	return decide_module(act, purpose);
}

/* kernel_module_request(name), in the context of the process that caused it. */
static __always_inline enum verdict decide_module_request(__u64 *ctx, struct act *act)
{
	(void)ctx;
	return decide_module(act, 0);
}

#endif
