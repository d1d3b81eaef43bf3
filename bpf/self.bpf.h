/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The bpf class, one flag: what enforces is out of reach from within the scope.
 * No bpf(2) at all, so that no program is loaded, no link detached and no map
 * changed, the agent's own included; and no pin on any bpffs is removed,
 * replaced or unmounted, which would end a link that nothing else holds.
 */
#ifndef AEGIS_SELF_BPF_H
#define AEGIS_SELF_BPF_H

#include "hook.bpf.h"

#define BPF_FS_MAGIC 0xcafe4a11 /* include/uapi/linux/magic.h */

/* bpf(command, ...) */
static __always_inline enum verdict decide_bpf_call(__u64 *ctx, struct act *act)
{
	const struct aegis_settings *settings = current_settings();

	if (is_canary_task(settings))
		return CANARY;
	act->detail = (unsigned long)ARGUMENT(ctx, 0);
	return answer_flag(settings, act, AEGIS_CLASS_BPF);
}

static __always_inline enum verdict decide_bpffs(struct act *act, struct super_block *filesystem)
{
	if (filesystem->s_magic != BPF_FS_MAGIC)
		return ALLOW;
	return answer_flag(current_settings(), act, AEGIS_CLASS_BPF);
}

/* inode_unlink, inode_rmdir and inode_rename: the directory comes first. */
static __always_inline enum verdict decide_pin(__u64 *ctx, struct act *act)
{
	struct inode *directory = ARGUMENT(ctx, 0);

	return decide_bpffs(act, directory->i_sb);
}

/* sb_umount(mount, flags): the last mount of a bpffs takes its pins with it. */
static __always_inline enum verdict decide_unmount(__u64 *ctx, struct act *act)
{
	struct vfsmount *mount = ARGUMENT(ctx, 0);

	return decide_bpffs(act, mount->mnt_sb);
}

#endif
