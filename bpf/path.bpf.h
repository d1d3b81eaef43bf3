/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The file class on the last rung: system call tracepoints see the path string
 * and nothing else. Only an absolute path written exactly as in the policy (or
 * as it resolved when the policy was applied) matches; other names, file
 * descriptors, io_uring, a string changed under the call and int 0x80 from
 * 64-bit code are gaps, which the agent reports as guarantee "by_path".
 */
#ifndef AEGIS_PATH_BPF_H
#define AEGIS_PATH_BPF_H

#include "syscall.bpf.h"
#include "verdict.bpf.h"

struct path_rules {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u64));
	__uint(value_size, sizeof(struct aegis_rule));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct path_rules);
} deny_path SEC(".maps");

/* Threads whose path was not in memory at entry; the exit asks again. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, __u64);
} unread_path SEC(".maps");

enum path_reading { PATH_READ, PATH_ABSENT };

static __always_inline enum verdict decide_path(struct act *act, __u64 address, enum path_reading *reading)
{
	const struct aegis_settings *settings = current_settings();
	__u64 words[AEGIS_PATH_BYTES / 8] = {};
	struct aegis_rule *rule;
	void *rules;
	__u64 hash;
	long length;
	__u32 slot;

	act->generation = current_generation();
	length = bpf_probe_read_user_str(words, sizeof(words), (void *)address);
	*reading = length < 0 ? PATH_ABSENT : PATH_READ;
	if (length <= 1 || length == sizeof(words))
		return ALLOW;
	hash = aegis_path_hash(words);
	if (hash == settings->canary_path)
		return CANARY;

	slot = act->generation & 1;
	rules = bpf_map_lookup_elem(&deny_path, &slot);
	if (!rules)
		return ALLOW;
	rule = bpf_map_lookup_elem(rules, &hash);
	if (!rule)
		return ALLOW;
	act->rule = rule->offset;
	return judge(settings, act);
}

static __always_inline int judge_path_at_entry(struct act *act, __u64 address)
{
	__u64 thread = bpf_get_current_pid_tgid();
	enum path_reading reading;
	enum verdict verdict = decide_path(act, address, &reading);

	if (reading == PATH_ABSENT)
		bpf_map_update_elem(&unread_path, &thread, &address, BPF_ANY);
	return kill(act, verdict);
}

/*
 * Entry of every system call. A path that is not in memory is not allowed
 * because of that: the kernel itself brings it in, and the exit decides.
 */
SEC("tp_btf/sys_enter")
int tracepoint_sys_enter(__u64 *ctx)
{
	struct act act = { .hook = AEGIS_HOOK_SYSCALL_PATH, .mechanism = AEGIS_MECHANISM_TRACEPOINT };
	struct pt_regs *regs = ARGUMENT(ctx, 0);
	struct path_arguments paths = path_arguments(regs, (long)ARGUMENT(ctx, 1));

	if (paths.first)
		judge_path_at_entry(&act, paths.first);
	if (paths.second)
		judge_path_at_entry(&act, paths.second);
	return 0;
}

/*
 * Exit: only for threads whose path could not be read at entry. The call
 * failed: nothing to stop. Still unreadable although the call succeeded: taken
 * away on purpose, so the answer is the signal.
 */
SEC("tp_btf/sys_exit")
int tracepoint_sys_exit(__u64 *ctx)
{
	struct act act = { .hook = AEGIS_HOOK_SYSCALL_PATH, .mechanism = AEGIS_MECHANISM_TRACEPOINT };
	__u64 thread = bpf_get_current_pid_tgid();
	__u64 *unread = bpf_map_lookup_elem(&unread_path, &thread);
	enum path_reading reading;
	enum verdict verdict;
	__u64 address;

	if (!unread)
		return 0;
	address = *unread;
	bpf_map_delete_elem(&unread_path, &thread);
	if ((long)ARGUMENT(ctx, 1) < 0)
		return 0;
	verdict = decide_path(&act, address, &reading);
	if (reading == PATH_ABSENT)
		verdict = judge(current_settings(), &act);
	return kill(&act, verdict);
}

#endif
