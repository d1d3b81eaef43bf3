/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The exec class: a file on the list is not run, but may be read. Running is
 * execve of it, of a script that names it as its interpreter, and an
 * executable mapping of it (so that `ld.so PROGRAM` is no way round). A file
 * is listed by its inode, or by its base name of 15 bytes at most. A copy is
 * another file, and an interpreter that reads a script runs only itself.
 */
#ifndef AEGIS_EXEC_BPF_H
#define AEGIS_EXEC_BPF_H

#include <bpf/bpf_core_read.h>

#include "hook.bpf.h"

#define PROT_EXEC 0x4 /* include/uapi/asm-generic/mman-common.h */
/* include/linux/fs.h, the same from 5.10 to 7.3 */
#define FMODE_EXEC 0x20             /* opened to be executed */
#define FMODE_NOACCOUNT 0x20000000  /* opened by a file system on another's behalf */

RULE_MAP(exec_inode, BPF_MAP_TYPE_HASH, struct aegis_inode, 0)
RULE_MAP(exec_name, BPF_MAP_TYPE_HASH, struct aegis_name, 0)

/* Zeroes what lies behind the first `length` bytes, which are at most 15. */
static __always_inline void cut_name(struct aegis_name *name, __u32 length)
{
	if (length < 8) {
		name->words[0] &= (1ULL << length * 8) - 1;
		name->words[1] = 0;
	} else {
		name->words[1] &= (1ULL << (length - 8) * 8) - 1;
	}
}

/*
 * The base name of an open file; false when it is longer than any rule. The
 * kernel holds names of up to 31 bytes within the dentry, the only place that
 * can be read without a helper; what it holds there for longer ones is stale.
 */
static __always_inline bool read_name(struct file *file, struct aegis_name *name)
{
	struct path *path = (void *)ADDRESS_OF(file->f_path);
	struct dentry *dentry = path->dentry;
	struct qstr *counted = (void *)ADDRESS_OF(dentry->d_name);
	__u32 length = counted->len;
	__u64 *letters;

	if (length == 0 || length >= sizeof(*name))
		return false;
	if (bpf_core_field_exists(dentry->d_shortname))
		letters = (void *)ADDRESS_OF(dentry->d_shortname);
	else
		letters = (void *)ADDRESS_OF(dentry->d_iname);
	name->words[0] = letters[0];
	name->words[1] = letters[1];
	cut_name(name, length);
	return true;
}

/* The one decision of the class. No file: anonymous memory, which no rule names. */
static __always_inline enum verdict decide_executable(struct act *act, struct file *file)
{
	const struct aegis_settings *settings = current_settings();
	struct aegis_name name = {};
	struct aegis_rule *rule;
	struct aegis_inode key;

	if (IS_NULL(file))
		return ALLOW;
	key = identify(act, file->f_inode);
	if (is_canary_task(settings))
		return CANARY;
	act->generation = current_generation();
	rule = find_inode_rule(&exec_inode, act, file->f_inode, &key);
	if (!rule && read_name(file, &name))
		rule = find_rule(&exec_name, act->generation, &name);
	return answer(settings, act, rule);
}

/*
 * file_open: execve's own open, and every open by which a stacked file system
 * (overlayfs) reaches the file below, because what is then run or mapped is an
 * inode of the upper one, which no rule names. The latter cannot be told from
 * a read, so a listed file is not read through an overlay either.
 */
static __always_inline enum verdict decide_execution_open(__u64 *ctx, struct act *act)
{
	struct file *file = ARGUMENT(ctx, 0);

	if (!(file->f_flags & FMODE_EXEC) && !(file->f_mode & FMODE_NOACCOUNT))
		return ALLOW;
	return decide_executable(act, file);
}

/* bprm_check: the program, and then every interpreter in turn. */
static __always_inline enum verdict decide_execution(__u64 *ctx, struct act *act)
{
	struct linux_binprm *program = ARGUMENT(ctx, 0);

	return decide_executable(act, program->file);
}

/*
 * mmap_file(file, reqprot, prot, flags); the function takes no reqprot, and
 * adds what personality(READ_IMPLIES_EXEC) asks for only afterwards.
 */
static __always_inline enum verdict decide_executable_mapping(__u64 *ctx, struct act *act)
{
	unsigned long protection = act->mechanism == AEGIS_MECHANISM_LSM ? (unsigned long)ARGUMENT(ctx, 2) :
									   (unsigned long)ARGUMENT(ctx, 1);

	if (!(protection & PROT_EXEC))
		return ALLOW;
	return decide_executable(act, ARGUMENT(ctx, 0));
}

/* file_mprotect(area, reqprot, prot): a readable mapping made executable. */
static __always_inline enum verdict decide_executable_change(__u64 *ctx, struct act *act)
{
	struct vm_area_struct *area = ARGUMENT(ctx, 0);

	if (!((unsigned long)ARGUMENT(ctx, 2) & PROT_EXEC))
		return ALLOW;
	return decide_executable(act, area->vm_file);
}

#endif
