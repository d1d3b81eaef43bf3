/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The kernel fields that are read, and nothing else. Offsets are relocated at
 * load time against the running kernel's BTF, so the order, the size and the
 * rest of each structure do not matter; only the names do.
 */
#ifndef AEGIS_KERNEL_BPF_H
#define AEGIS_KERNEL_BPF_H

#include <linux/types.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* Members that are structures themselves: only their place is taken from the kernel. */
struct opaque {
	char first;
};

struct super_block {
	__u32 s_dev;
	unsigned long s_magic;
};

struct inode {
	unsigned short i_mode;
	__u32 i_generation;
	struct super_block *i_sb;
	unsigned long i_ino;
};

struct qstr {
	__u32 len;
};

struct dentry {
	struct inode *d_inode;
	struct opaque d_name;      /* struct qstr */
	struct opaque d_iname;     /* the name itself when it is short; called so until 6.13 */
	struct opaque d_shortname; /* and so since */
};

struct path {
	struct dentry *dentry;
};

struct file {
	struct inode *f_inode;
	unsigned int f_flags;
	unsigned int f_mode;
	void *private_data;
	struct opaque f_path; /* struct path */
};

struct vfsmount {
	struct super_block *mnt_sb;
};

/* The first member of struct sock, in the same place. */
struct sock_common {
	__u32 skc_daddr;
	__u32 skc_rcv_saddr;
	__u16 skc_dport;
	__u16 skc_num;
	__u16 skc_family;
	struct opaque skc_v6_daddr; /* struct in6_addr */
	struct opaque skc_v6_rcv_saddr;
};

struct sock {
	__u16 sk_protocol;
};

struct socket {
	struct sock *sk;
};

struct msghdr {
	void *msg_name;
};

struct sigpending {
	struct opaque signal; /* sigset_t */
};

struct signal_struct {
	struct opaque shared_pending; /* struct sigpending */
};

struct task_struct {
	int tgid;
	struct signal_struct *signal;
	struct opaque pending; /* struct sigpending */
};

struct vm_area_struct {
	struct file *vm_file;
};

struct linux_binprm {
	struct file *file;
};

struct iattr {
	unsigned int ia_valid;
};

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long r10;
	unsigned long r8;
	unsigned long bx;
	unsigned long ax;
	unsigned long cx;
	unsigned long dx;
	unsigned long si;
	unsigned long di;
	unsigned long orig_ax;
	unsigned long cs;
};
#elif defined(__TARGET_ARCH_arm64)
struct pt_regs {
	unsigned long regs[31];
	int syscallno;
};
#else
#error "the system call registers of this architecture are not declared"
#endif

#pragma clang attribute pop

#endif
