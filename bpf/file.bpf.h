/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The file class: an inode on the list is not opened, read or written through
 * a descriptor from before, mapped, unlocked in a mapping from before, run,
 * truncated, linked, renamed, replaced, removed, copied up or taken for the
 * backing of a device. Decided on the resolved inode, so a symlink, hard
 * link, bind mount or mount namespace makes no difference.
 */
#ifndef AEGIS_FILE_BPF_H
#define AEGIS_FILE_BPF_H

#include "hook.bpf.h"

#define LOOP_SET_FD 0x4C00 /* include/uapi/linux/loop.h */
#define LOOP_CHANGE_FD 0x4C06
#define LOOP_CONFIGURE 0x4C0A
#define EXT4_IOC_MOVE_EXT 0xc028660f   /* fs/ext4/ext4.h */
#define XFS_IOC_SWAPEXT 0xc0c0586d     /* fs/xfs/libxfs/xfs_fs.h */
#define F2FS_IOC_MOVE_RANGE 0xc020f509 /* include/uapi/linux/f2fs.h */
#define S_IFMT 0170000 /* include/uapi/linux/stat.h */
#define S_IFBLK 0060000
#define ATTR_SIZE (1 << 3) /* include/linux/fs.h: the size is to change */

RULE_MAP(deny_inode, BPF_MAP_TYPE_HASH, struct aegis_inode, 0)

/*
 * The one decision of the class. An inode that cannot be seen (NULL: an
 * anonymous mapping, a name that does not exist yet) has no rule and is
 * allowed; no policy applied allows as well. Beyond that nothing is undecided.
 */
static __always_inline enum verdict decide_file(struct act *act, struct inode *inode)
{
	const struct aegis_settings *settings = current_settings();
	struct aegis_inode key;

	if (IS_NULL(inode))
		return ALLOW;
	key = identify(act, inode);
	if (key.ino == settings->canary.ino && key.dev == settings->canary.dev)
		return CANARY;
	act->generation = current_generation();
	return answer(settings, act, find_inode_rule(&deny_inode, act, inode, &key));
}

static __always_inline enum verdict decide_dentry(struct act *act, struct dentry *dentry)
{
	return decide_file(act, dentry->d_inode);
}

/* The file is the first argument: file_open, file_permission, file_receive, file_truncate. */
static __always_inline enum verdict decide_descriptor(__u64 *ctx, struct act *act)
{
	struct file *file = ARGUMENT(ctx, 0);

	return decide_file(act, file->f_inode);
}

/* mmap_file: no file means an anonymous mapping. */
static __always_inline enum verdict decide_mapping(__u64 *ctx, struct act *act)
{
	struct file *file = ARGUMENT(ctx, 0);

	if (IS_NULL(file))
		return ALLOW;
	return decide_file(act, file->f_inode);
}

/*
 * file_mprotect(mapping, asked, access): a mapping from before the policy gets
 * no access it had not. Which it had cannot be told, so only taking all away
 * is allowed.
 */
static __always_inline enum verdict decide_protection(__u64 *ctx, struct act *act)
{
	struct vm_area_struct *mapping = ARGUMENT(ctx, 0);
	struct file *file = mapping->vm_file;

	if ((unsigned long)ARGUMENT(ctx, 2) == 0 || IS_NULL(file))
		return ALLOW;
	return decide_file(act, file->f_inode);
}

/*
 * These swap blocks with another file, which is a number in the argument and
 * which no hook is asked about: for online defragmentation.
 */
static __always_inline bool is_block_swap(unsigned int command)
{
	return command == EXT4_IOC_MOVE_EXT || command == XFS_IOC_SWAPEXT || command == F2FS_IOC_MOVE_RANGE;
}

static __always_inline bool is_loop_setup(unsigned int command)
{
	return command == LOOP_SET_FD || command == LOOP_CHANGE_FD || command == LOOP_CONFIGURE;
}

/*
 * file_ioctl(file, command, argument): file systems move, swap and share the
 * blocks of a file by such calls, and ask nobody else. A loop device reads in a
 * kernel thread, which is in nobody's scope, and the file it is given is a
 * number here: in a scope no loop device is set up at all. Nor are blocks
 * swapped between any two files.
 */
static __always_inline enum verdict decide_control(__u64 *ctx, struct act *act)
{
	const struct aegis_settings *settings = current_settings();
	struct file *file = ARGUMENT(ctx, 0);
	struct inode *inode = file->f_inode;

	unsigned int command = (unsigned long)ARGUMENT(ctx, 1);

	if (is_block_swap(command) || (is_loop_setup(command) && (inode->i_mode & S_IFMT) == S_IFBLK && settings->scope))
		return answer_flag(settings, act, AEGIS_CLASS_FILE);
	return decide_file(act, inode);
}

/* bprm_check: the program itself and every interpreter in turn. */
static __always_inline enum verdict decide_program(__u64 *ctx, struct act *act)
{
	struct linux_binprm *program = ARGUMENT(ctx, 0);

	return decide_file(act, program->file->f_inode);
}

static __always_inline enum verdict decide_path_truncate(__u64 *ctx, struct act *act)
{
	struct path *path = ARGUMENT(ctx, 0);

	return decide_dentry(act, path->dentry);
}

/* inode_setattr: only a change of size changes content. */
static __always_inline enum verdict decide_setattr(__u64 *ctx, struct act *act)
{
	bool has_idmap = act->mechanism == AEGIS_MECHANISM_LSM ? knobs.setattr_has_idmap_lsm :
								 knobs.setattr_has_idmap_function;
	struct dentry *dentry;
	struct iattr *change;

	if (has_idmap) {
		dentry = ARGUMENT(ctx, 1);
		change = ARGUMENT(ctx, 2);
	} else {
		dentry = ARGUMENT(ctx, 0);
		change = ARGUMENT(ctx, 1);
	}
	if (!(change->ia_valid & ATTR_SIZE))
		return ALLOW;
	return decide_dentry(act, dentry);
}

/* The existing name is the first argument: inode_link, inode_copy_up. */
static __always_inline enum verdict decide_source(__u64 *ctx, struct act *act)
{
	return decide_dentry(act, ARGUMENT(ctx, 0));
}

/* inode_unlink(directory, name). */
static __always_inline enum verdict decide_unlink(__u64 *ctx, struct act *act)
{
	return decide_dentry(act, ARGUMENT(ctx, 1));
}

/* inode_rename: neither is the file moved away, nor another put in its place. */
static __always_inline enum verdict decide_rename(__u64 *ctx, struct act *act)
{
	enum verdict moved = decide_dentry(act, ARGUMENT(ctx, 1));

	if (moved != ALLOW)
		return moved;
	return decide_dentry(act, ARGUMENT(ctx, 3));
}

#endif
