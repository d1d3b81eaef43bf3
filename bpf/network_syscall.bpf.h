/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The network class on the last rung: the socket address as it stands in the
 * caller's memory when connect, bind, sendto, sendmsg or sendmmsg begin. The
 * descriptor does not tell the protocol, so a rule for one meets every one.
 * Another thread may change the address after it was read; listen, accept,
 * connected sockets, io_uring and socketcall are not seen.
 */
#ifndef AEGIS_NETWORK_SYSCALL_BPF_H
#define AEGIS_NETWORK_SYSCALL_BPF_H

#include "network_rules.bpf.h"
#include "syscall.bpf.h"

#define EINPROGRESS 115 /* a non-blocking connect that was begun */

/* Threads whose address was not in memory at entry; the exit asks again. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, struct name_argument);
} unread_name SEC(".maps");

static __always_inline bool read_user_remote(__u64 name, struct remote *remote)
{
	/* An IPv4 address may end where the readable memory does. */
	return !bpf_probe_read_user(remote, sizeof(*remote), (void *)name) ||
	       !bpf_probe_read_user(remote, 16, (void *)name);
}

static __always_inline enum verdict decide_any_protocol(struct act *act, bool is_local)
{
	enum verdict verdict = ALLOW;

	for (__u8 protocol = 0; protocol < AEGIS_PROTOCOL_COUNT && verdict == ALLOW; protocol++)
		verdict = is_local ? decide_local(act, protocol) : decide_remote(act, protocol);
	return verdict;
}

static __always_inline enum verdict decide_user_name(struct act *act, const struct name_argument *argument,
						     const struct remote *remote)
{
	enum verdict verdict;

	if (!take_remote(act, remote, argument->use != NAME_CONNECTS))
		return ALLOW;
	if (argument->use == NAME_BINDS || !is_unspecified(&act->address))
		return decide_any_protocol(act, argument->use == NAME_BINDS);
	set_mapped(&act->address, LOOPBACK);
	verdict = decide_any_protocol(act, false);
	if (verdict != ALLOW)
		return verdict;
	set_loopback(&act->address);
	return decide_any_protocol(act, false);
}

/* For messages, the address of the structure that holds the name's. */
static __always_inline void follow_message(struct name_argument *argument)
{
	__u64 name = 0;

	if (argument->use != NAME_IN_MESSAGE)
		return;
	bpf_probe_read_user(&name, argument->is_32_bit ? 4 : 8, (void *)argument->address);
	argument->address = name;
}

static __always_inline void judge_name_at_entry(struct act *act, struct pt_regs *regs, long number)
{
	struct name_argument argument = name_argument(regs, number);
	struct remote remote = {};
	__u64 thread;

	if (argument.address)
		follow_message(&argument);
	if (!argument.address)
		return;
	if (read_user_remote(argument.address, &remote)) {
		kill(act, decide_user_name(act, &argument, &remote));
		return;
	}
	thread = bpf_get_current_pid_tgid();
	bpf_map_update_elem(&unread_name, &thread, &argument, BPF_ANY);
}

/* Unreadable even after the call succeeded: taken away on purpose. */
static __always_inline void judge_name_at_exit(struct act *act, long result)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct name_argument *unread = bpf_map_lookup_elem(&unread_name, &thread);
	struct name_argument argument;
	struct remote remote = {};

	if (!unread)
		return;
	argument = *unread;
	bpf_map_delete_elem(&unread_name, &thread);
	if (result < 0 && result != -EINPROGRESS)
		return;
	if (read_user_remote(argument.address, &remote)) {
		kill(act, decide_user_name(act, &argument, &remote));
		return;
	}
	act->generation = current_generation();
	kill(act, judge(current_settings(), act));
}

#endif
