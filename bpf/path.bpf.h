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
#include "file.bpf.h"

RULE_MAP(deny_path, BPF_MAP_TYPE_HASH, __u64, 0)

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
	__u64 hash;
	long length;

	act->generation = current_generation();
	length = bpf_probe_read_user_str(words, sizeof(words), (void *)address);
	*reading = length < 0 ? PATH_ABSENT : PATH_READ;
	if (length <= 1 || length == sizeof(words))
		return ALLOW;
	hash = aegis_path_hash(words);
	if (hash == settings->canary_path)
		return CANARY;
	return answer(settings, act, find_rule(&deny_path, act->generation, &hash));
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
static __always_inline void judge_paths_at_entry(struct act *act, struct pt_regs *regs, long number)
{
	struct path_arguments paths = path_arguments(regs, number);

	if (paths.first)
		judge_path_at_entry(act, paths.first);
	if (paths.second)
		judge_path_at_entry(act, paths.second);
}

/*
 * Exit: only for threads whose path could not be read at entry. The call
 * failed: nothing to stop. Still unreadable although the call succeeded: taken
 * away on purpose, so the answer is the signal.
 */
static __always_inline void judge_paths_at_exit(struct act *act, long result)
{
	__u64 thread = bpf_get_current_pid_tgid();
	__u64 *unread = bpf_map_lookup_elem(&unread_path, &thread);
	enum path_reading reading;
	enum verdict verdict;
	__u64 address;

	if (!unread)
		return;
	address = *unread;
	bpf_map_delete_elem(&unread_path, &thread);
	if (result < 0)
		return;
	verdict = decide_path(act, address, &reading);
	if (reading == PATH_ABSENT)
		verdict = judge(current_settings(), act);
	kill(act, verdict);
}

#endif
