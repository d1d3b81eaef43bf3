/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The classes that are one flag, on the last rung: the number of the system
 * call says enough. Ways that are no such call (/proc/PID/mem, pins removed by
 * name, modules loaded on request) are not seen.
 */
#ifndef AEGIS_SYSCALL_FLAG_BPF_H
#define AEGIS_SYSCALL_FLAG_BPF_H

#include "module.bpf.h"
#include "ptrace.bpf.h"
#include "self.bpf.h"
#include "syscall.bpf.h"

static __always_inline void judge_flag_at_entry(struct act *act, struct pt_regs *regs, long number,
						enum aegis_class class)
{
	const struct aegis_settings *settings = current_settings();

	if (flag_class(regs, number) != class)
		return;
	kill(act, is_canary_task(settings) ? CANARY : answer_flag(settings, act, class));
}

static __always_inline void judge_ptrace_at_entry(struct act *act, struct pt_regs *regs, long number)
{
	judge_flag_at_entry(act, regs, number, AEGIS_CLASS_PTRACE);
}

static __always_inline void judge_module_at_entry(struct act *act, struct pt_regs *regs, long number)
{
	judge_flag_at_entry(act, regs, number, AEGIS_CLASS_MODULE);
}

static __always_inline void judge_bpf_at_entry(struct act *act, struct pt_regs *regs, long number)
{
	judge_flag_at_entry(act, regs, number, AEGIS_CLASS_BPF);
}

#endif
