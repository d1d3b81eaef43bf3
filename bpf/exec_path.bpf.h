/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The exec class on the last rung: the path string given to execve, whole or
 * its base name. Interpreters, loaders, descriptors and other names of the
 * same file are not seen, nor is a string whose page is absent at entry: after
 * a successful execve the memory it stood in is gone.
 */
#ifndef AEGIS_EXEC_PATH_BPF_H
#define AEGIS_EXEC_PATH_BPF_H

#include "exec.bpf.h"
#include "syscall.bpf.h"

RULE_MAP(exec_path, BPF_MAP_TYPE_HASH, __u64, 0)

/*
 * Where the last slash ends in a zero-padded path. Without a branch: the
 * verifier would follow both ways at every letter.
 */
static __always_inline __u32 find_base(const char *path)
{
	__u64 base = 0;

#pragma clang loop unroll(disable)
	for (__u64 i = 0; i < AEGIS_PATH_BYTES; i++) {
		__u64 is_slash = ((__u64)(__u8)(path[i] ^ '/') - 1) >> 63;

		asm volatile("" : "+r"(is_slash));
		base = (base & (is_slash - 1)) | ((i + 1) & -is_slash);
	}
	return base;
}

/* The rule for the base name, when it is short enough for one. `length` counts the end of the string. */
static __always_inline struct aegis_rule *find_base_name(const struct act *act, const char *path, __u64 address,
							 long length)
{
	struct aegis_name name = {};
	__u32 base = find_base(path);

	if (length - base > (long)sizeof(name) ||
	    bpf_probe_read_user_str(&name, sizeof(name), (void *)(address + base)) <= 1)
		return NULL;
	return find_rule(&exec_name, act->generation, &name);
}

static __always_inline void judge_program_at_entry(struct act *act, struct pt_regs *regs, long number)
{
	const struct aegis_settings *settings = current_settings();
	__u64 address = program_argument(regs, number);
	__u64 words[AEGIS_PATH_BYTES / 8] = {};
	struct aegis_rule *rule;
	__u64 hash;
	long length;

	if (!address)
		return;
	length = bpf_probe_read_user_str(words, sizeof(words), (void *)address);
	if (length <= 1 || length == sizeof(words))
		return;
	hash = aegis_path_hash(words);
	if (hash == settings->canary_path && is_canary_task(settings)) {
		kill(act, CANARY);
		return;
	}
	act->generation = current_generation();
	rule = find_rule(&exec_path, act->generation, &hash);
	if (!rule)
		rule = find_base_name(act, (const char *)words, address, length);
	kill(act, answer(settings, act, rule));
}

#endif
