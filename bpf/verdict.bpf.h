/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What every class shares: the maps, who is in scope, and how a verdict turns
 * into an answer, a signal and an event.
 */
#ifndef AEGIS_VERDICT_BPF_H
#define AEGIS_VERDICT_BPF_H

#include "aegis.h"
#include "kernel.bpf.h"

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <stdbool.h>
#include <stddef.h>

#define AEGIS_EPERM 1

enum verdict {
	ALLOW,
	AUDIT,  /* a rule matches, but this run only reports */
	DENY,
	CANARY, /* the agent's own probe: always acted on, never reported */
};

/*
 * Address of a member that is itself a structure. The barrier keeps the
 * relocation on the address, where the size of the member does not matter.
 */
#define ADDRESS_OF(member)                             \
	({                                             \
		typeof(&(member)) address_ = &(member); \
		asm volatile("" : "+r"(address_));     \
		address_;                              \
	})

/* One act under judgement; the decision fills in the subject. */
struct act {
	__u64 ino;
	__u64 generation;
	__u32 dev;
	__u32 rule;
	__u32 detail;
	__u16 port;
	__u16 protocol;
	struct aegis_address address;
	__u8 hook;
	__u8 mechanism;
	__u8 is_guard; /* judged for a program that the kernel may have skipped */
};

/* Facts of the running kernel; see struct aegis_knobs. */
const volatile struct aegis_knobs knobs SEC(".rodata.knobs") = {};

#ifdef AEGIS_MUTANT_DROP
/* test/bpf/drop_hook.c finds the mark in the built object and writes the number of a hook behind it. */
const volatile struct {
	char mark[16];
	__u32 hook;
} dropped SEC(".rodata.dropped") = { AEGIS_MUTANT_DROP, AEGIS_HOOK_COUNT };
#endif

/* The shared page. A section of its own, because the agent pins and maps it. */
struct aegis_control control SEC(".data.control");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, AEGIS_EVENT_RING_BYTES);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, AEGIS_HOOK_COUNT);
	__type(key, __u32);
	__type(value, struct aegis_counters);
} counters SEC(".maps");

/*
 * Scope and exemptions. Membership is asked by bpf_current_task_under_cgroup,
 * because 5.10 has no helper for a task's ancestors in these program types.
 */
struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
	__uint(max_entries, AEGIS_CGROUPS);
	__type(key, __u32);
	__type(value, __u32);
} cgroups SEC(".maps");

static __always_inline const struct aegis_settings *current_settings(void)
{
	return &control.settings[*(volatile __u32 *)&control.settings_slot & 1];
}

static __always_inline __u64 current_generation(void)
{
	return *(volatile __u64 *)&control.generation;
}

/*
 * Before 5.12 io_uring's workers are kernel threads in the root cgroup, so the
 * cgroup says nothing about whose act it is. They count as in scope: the name
 * can be forged only into the scope. Can go with 5.10.
 */
static __always_inline bool is_legacy_ring_worker(void)
{
	char comm[AEGIS_COMM_BYTES] = {};
	const char worker[] = "io_wqe_worker";

	if (bpf_get_current_comm(comm, sizeof(comm)))
		return true;
	for (unsigned int i = 0; i < sizeof(worker) - 1; i++)
		if (comm[i] != worker[i])
			return false;
	return true;
}

static __always_inline bool is_exempt_subtree(__u64 generation)
{
	__u32 slot = generation & 1;
	__u32 count = control.cgroups[slot];

	for (__u32 i = 0; i < AEGIS_EXEMPT_MAX && i < count; i++)
		if (bpf_current_task_under_cgroup(&cgroups, AEGIS_CGROUP_EXEMPT(slot, i)) == 1)
			return true;
	return false;
}

/* Whether the current task is one the rules apply to. */
static __always_inline bool is_in_scope(const struct aegis_settings *settings, __u64 generation)
{
#ifndef AEGIS_MUTANT_NO_SCOPE
	__u32 scope = settings->scope;

	if (scope && bpf_current_task_under_cgroup(&cgroups, scope - 1) != 1 && !is_legacy_ring_worker())
		return false;
#endif
	if (bpf_get_current_cgroup_id() == settings->exempt_cgroup)
		return false;
	return !is_exempt_subtree(generation);
}

/* The verdict on an act that a rule of this generation matches. */
static __always_inline enum verdict judge(const struct aegis_settings *settings, const struct act *act)
{
	if (!is_in_scope(settings, act->generation))
		return ALLOW;
	if (settings->mode != AEGIS_MODE_ENFORCE || *(volatile __u32 *)&control.emergency)
		return AUDIT;
	return DENY;
}

/*
 * The rules of one kind: two slots, of which the generation selects one. An
 * inner map is made to measure by whoever applies a policy, and frozen.
 */
#define RULE_MAP(name, map_type, key_type, flags)                       \
	struct name##_rules {                                           \
		__uint(type, map_type);                                 \
		__uint(max_entries, 1);                                 \
		__uint(key_size, sizeof(key_type));                     \
		__uint(value_size, sizeof(struct aegis_rule));          \
		__uint(map_flags, flags);                               \
	};                                                              \
	struct {                                                        \
		__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);               \
		__uint(max_entries, 2);                                 \
		__type(key, __u32);                                     \
		__array(values, struct name##_rules);                   \
	} name SEC(".maps");

/* The rule of this generation under `key` in a map of two slots; NULL for none. */
static __always_inline struct aegis_rule *find_rule(void *slots, __u64 generation, const void *key)
{
	__u32 slot = generation & 1;
	void *rules = bpf_map_lookup_elem(slots, &slot);

	return rules ? bpf_map_lookup_elem(rules, key) : NULL;
}

/*
 * The rule on an inode. The number of a file that is gone may be another's now,
 * which its generation tells. A signal would come after a call that changes the
 * generation, so the signal mechanisms go by the number alone.
 */
static __always_inline struct aegis_rule *find_inode_rule(void *slots, const struct act *act, struct inode *inode,
							  const struct aegis_inode *key)
{
	struct aegis_rule *rule = find_rule(slots, act->generation, key);

	if (!rule || !rule->inode_generation || act->mechanism == AEGIS_MECHANISM_FENTRY)
		return rule;
	return inode->i_generation == rule->inode_generation ? rule : NULL;
}

/* What a decision answers once it has looked for its rule. The mutants break it on purpose, for the proofs. */
static __always_inline enum verdict answer(const struct aegis_settings *settings, struct act *act,
					   const struct aegis_rule *rule)
{
#ifdef AEGIS_MUTANT_DENY_INVERTED
	return rule ? ALLOW : judge(settings, act);
#endif
#ifdef AEGIS_MUTANT_DROP
	if (act->hook == dropped.hook)
		return ALLOW;
#endif
	if (!rule)
		return ALLOW;
	act->rule = rule->offset;
	return judge(settings, act);
}

/* The same for a class that is one flag: no rule but the section's own line. */
static __always_inline enum verdict answer_flag(const struct aegis_settings *settings, struct act *act,
						enum aegis_class class)
{
	__u32 slot;

	act->generation = current_generation();
	slot = act->generation & 1;
	return answer(settings, act, control.classes[slot] >> class & 1 ? &control.flags[slot][class] : NULL);
}

/* Whether the current task is the canary's child; see aegis_settings.canary_task. */
static __always_inline bool is_canary_task(const struct aegis_settings *settings)
{
	struct aegis_name name = {};

	if (!settings->canary_task.words[0] || bpf_get_current_comm(&name, sizeof(name)))
		return false;
	return name.words[0] == settings->canary_task.words[0] && name.words[1] == settings->canary_task.words[1];
}

/* The canary's act was seen, and acted on, by this mechanism. */
static __always_inline void count_canary(__u32 hook, __u32 mechanism)
{
	struct aegis_counters *counter = bpf_map_lookup_elem(&counters, &hook);

	/* Always below; but the verifier forgets the byte once a helper wrote beside it. */
	if (counter && mechanism < AEGIS_MECHANISM_COUNT)
		counter->canary[mechanism]++;
}

/* Counts the outcome and, except for the canary, tells the agent. */
static __always_inline void record(const struct act *act, enum verdict verdict, __u8 action)
{
	__u32 hook = act->hook;
	struct aegis_counters *counter;
	struct aegis_event *event;
	__u64 ids;

	if (verdict == CANARY) {
		count_canary(hook, act->mechanism);
		return;
	}
	counter = bpf_map_lookup_elem(&counters, &hook);
	if (!counter)
		return;
	counter->actions[action]++;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		counter->lost++;
		return;
	}
	ids = bpf_get_current_pid_tgid();
	event->time_ns = bpf_ktime_get_boot_ns();
	event->cgroup = bpf_get_current_cgroup_id();
	event->ino = act->ino;
	event->generation = act->generation;
	event->dev = act->dev;
	event->pid = ids >> 32;
	event->tid = (__u32)ids;
	event->uid = (__u32)bpf_get_current_uid_gid();
	event->rule = act->rule;
	event->hook = act->hook;
	event->action = action;
	event->mechanism = act->mechanism;
	event->zero = 0;
	event->port = act->port;
	event->protocol = act->protocol;
	event->detail = act->detail;
	event->address = act->address;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	bpf_ringbuf_submit(event, 0);
}

/* The answer of a synchronous mechanism: 0, or -EPERM before the act. */
static __always_inline int deny(const struct act *act, enum verdict verdict)
{
	if (verdict == ALLOW)
		return 0;
	if (verdict == AUDIT) {
		record(act, verdict, AEGIS_ACTION_AUDIT);
		return 0;
	}
	record(act, verdict, AEGIS_ACTION_DENY);
	return -AEGIS_EPERM;
}

/* Whether the signal has been sent to the current process already. Since 5.11. */
static __always_inline bool is_signalled(__u32 signal)
{
	struct task_struct *task = (void *)bpf_get_current_task_btf();
	struct sigpending *own = (void *)ADDRESS_OF(task->pending);
	struct sigpending *shared = (void *)ADDRESS_OF(task->signal->shared_pending);
	__u64 pending = *(__u64 *)ADDRESS_OF(own->signal) | *(__u64 *)ADDRESS_OF(shared->signal);

	return signal && pending >> (signal - 1) & 1;
}

/*
 * The answer of a signal mechanism. The signal goes to the whole thread group
 * and is delivered before user space runs again, after the act itself. The
 * kernel refuses PID 1 and kernel threads, and answers -EBUSY when it cannot
 * queue; such an act is counted as unstopped, never as killed.
 */
static __always_inline int kill(const struct act *act, enum verdict verdict)
{
	__u8 action = AEGIS_ACTION_KILL;

	if (verdict == ALLOW)
		return 0;
	if (verdict == AUDIT) {
		if (!act->is_guard)
			record(act, verdict, AEGIS_ACTION_AUDIT);
		return 0;
	}
	/* The knob keeps what no old kernel has from its verifier. */
	if (knobs.guarded && act->is_guard) {
		if (verdict == CANARY)
			count_canary(act->hook, AEGIS_MECHANISM_GUARD);
		if (is_signalled(current_settings()->signal))
			return 0;
	}
#ifndef AEGIS_MUTANT_NO_SIGNAL
	if (bpf_send_signal(current_settings()->signal))
		action = AEGIS_ACTION_UNSTOPPED;
#endif
	record(act, verdict, action);
	return 0;
}

#endif
