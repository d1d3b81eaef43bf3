/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What stands behind fmod_ret and fentry on a kernel that preempts. There the
 * kernel skips a tracing program, without a word to anybody but a counter,
 * while another task that was preempted inside the same program waits for the
 * same CPU; whoever arranges that walks past. A function probe runs with
 * preemption off and is not skipped so. It decides before the function, and
 * when the function returns it sends the signal if nothing else answered.
 *
 * One case remains: a probe is skipped while a bpf(2) call on a map waits
 * preempted for the same CPU.
 */
#ifndef AEGIS_BACKSTOP_BPF_H
#define AEGIS_BACKSTOP_BPF_H

#include "hook.bpf.h"

#if defined(__TARGET_ARCH_x86)
#define FIRST_ARGUMENTS(regs) { (regs)->di, (regs)->si, (regs)->dx, (regs)->cx }
#define RETURN_VALUE(regs) ((int)(regs)->ax)
#elif defined(__TARGET_ARCH_arm64)
#define FIRST_ARGUMENTS(regs) { (regs)->regs[0], (regs)->regs[1], (regs)->regs[2], (regs)->regs[3] }
#define RETURN_VALUE(regs) ((int)(regs)->regs[0])
#endif

/* Functions of the kernel; see AEGIS_CALL_*. One and the same note for both ends of a call. */
static bool (*const session_is_return)(void *ctx) = (void *)AEGIS_CALL_SESSION_IS_RETURN;
static __u64 *(*const session_note)(void *ctx) = (void *)AEGIS_CALL_SESSION_COOKIE;

#define NOTE_CANARY (1ULL << 63) /* beside it the rule's offset */

enum backstop_answer { WATCH_RETURN, IGNORE_RETURN };

static __always_inline int note_verdict(void *ctx, const struct act *act, enum verdict verdict)
{
	if (verdict == CANARY)
		count_canary(act->hook, AEGIS_MECHANISM_GUARD);
	else if (verdict != DENY)
		return IGNORE_RETURN;
	*session_note(ctx) = act->rule | (verdict == CANARY ? NOTE_CANARY : 0);
	return WATCH_RETURN;
}

static __always_inline int answer_for_skipped(void *ctx, struct act *act)
{
	__u64 note = *session_note(ctx);

	if (knobs.backstopped == AEGIS_MECHANISM_FMOD_RET && RETURN_VALUE((struct pt_regs *)ctx) != 0)
		return 0;
	act->rule = note;
	act->generation = current_generation();
	return kill(act, note & NOTE_CANARY ? CANARY : DENY);
}

/*
 * BACKSTOP(ID, name, function, decide, TYPED(n, type)...): hands `decide` the
 * function's arguments as it knows them from the other mechanisms, those that
 * are listed as pointers to the kernel's type, and the rest as numbers.
 */
#define TYPED(n, type) arguments[n] = (__u64)rdonly_cast((void *)arguments[n], knobs.types[AEGIS_TYPE_##type]);

#define BACKSTOP(ID, name, function, decide, typed)                                    \
	SEC("session/" #function)                                                      \
	int backstop_##name(struct pt_regs *ctx)                                       \
	{                                                                              \
		struct act act = { .hook = AEGIS_HOOK_##ID, .mechanism = knobs.backstopped, .is_guard = 1 }; \
		__u64 arguments[] = FIRST_ARGUMENTS(ctx);                              \
											\
		if (session_is_return(ctx))                                            \
			return answer_for_skipped(ctx, &act);                          \
		typed                                                                 \
		/* The decisions read what they take for the context by assembly. */   \
		asm volatile("" : : "r"(arguments) : "memory");                        \
		return note_verdict(ctx, &act, decide(arguments, &act));               \
	}

#endif
