/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The wire contract between the BPF programs and the agent: every structure
 * that both sides read, and the list of hooks both sides name. It includes
 * nothing but <linux/types.h>, so that it compiles as BPF C, C and C++ alike.
 */
#ifndef AEGIS_H
#define AEGIS_H

#include <linux/types.h>

#define AEGIS_COMM_BYTES 16
#define AEGIS_PATH_BYTES 256    /* the tracepoint rung compares shorter paths only */
#define AEGIS_EXEMPT_MAX 32     /* exempt cgroups in one policy */
#define AEGIS_EVENT_RING_BYTES (256 * 1024)

/*
 * X(ID, name, CLASS, NEED): NEED says whether the class can be claimed without
 * the hook. OPTIONAL ones are missing on some kernel or built out on some, and
 * a REQUIRED one then stands behind them (inode_setattr behind the truncates).
 */
#define AEGIS_HOOKS(X)                              \
	X(FILE_OPEN, file_open, FILE, REQUIRED)             \
	X(FILE_PERMISSION, file_permission, FILE, REQUIRED) \
	X(FILE_RECEIVE, file_receive, FILE, REQUIRED)       \
	X(MMAP_FILE, mmap_file, FILE, REQUIRED)             \
	X(FILE_MPROTECT, file_mprotect, FILE, REQUIRED)     \
	X(FILE_IOCTL, file_ioctl, FILE, REQUIRED)           \
	X(IOCTL_COMPAT, ioctl_compat, FILE, OPTIONAL)       \
	X(BPRM_CHECK, bprm_check, FILE, REQUIRED)           \
	X(PATH_TRUNCATE, path_truncate, FILE, OPTIONAL)     \
	X(FILE_TRUNCATE, file_truncate, FILE, OPTIONAL)     \
	X(INODE_SETATTR, inode_setattr, FILE, REQUIRED)     \
	X(INODE_LINK, inode_link, FILE, REQUIRED)           \
	X(INODE_RENAME, inode_rename, FILE, REQUIRED)       \
	X(INODE_UNLINK, inode_unlink, FILE, REQUIRED)       \
	X(INODE_COPY_UP, inode_copy_up, FILE, REQUIRED)     \
	X(SYSCALL_PATH, syscall_path, FILE, REQUIRED)

enum aegis_hook {
#define AEGIS_HOOK_ID(ID, name, CLASS, NEED) AEGIS_HOOK_##ID,
	AEGIS_HOOKS(AEGIS_HOOK_ID)
#undef AEGIS_HOOK_ID
	AEGIS_HOOK_COUNT
};

enum aegis_class { AEGIS_CLASS_FILE, AEGIS_CLASS_COUNT };

enum aegis_mechanism {
	AEGIS_MECHANISM_NONE,
	AEGIS_MECHANISM_LSM,
	AEGIS_MECHANISM_FMOD_RET,
	AEGIS_MECHANISM_FENTRY,
	AEGIS_MECHANISM_TRACEPOINT,
	AEGIS_MECHANISM_COUNT
};

enum aegis_mode { AEGIS_MODE_AUDIT, AEGIS_MODE_ENFORCE };

enum aegis_action {
	AEGIS_ACTION_AUDIT,     /* seen, let through: audit mode or emergency */
	AEGIS_ACTION_DENY,      /* answered -EPERM before the act */
	AEGIS_ACTION_KILL,      /* signal sent, delivered before user space runs again */
	AEGIS_ACTION_UNSTOPPED, /* meant to be killed, but the signal could not be sent */
	AEGIS_ACTION_COUNT
};

/* Inode identity: the kernel's own device number (super_block.s_dev) and i_ino. */
struct aegis_inode {
	__u64 ino;
	__u32 dev;
	__u32 zero;
};

/*
 * Layout of the cgroups map: two places for the scope, so that a new one is
 * written beside the one in use, then the exempt ones of each policy slot.
 */
#define AEGIS_CGROUP_SCOPES 2
#define AEGIS_CGROUP_EXEMPT(slot, i) (AEGIS_CGROUP_SCOPES + (slot) * AEGIS_EXEMPT_MAX + (i))
#define AEGIS_CGROUPS AEGIS_CGROUP_EXEMPT(2, 0)

/* What a rule is, for the event: the byte offset of its line in the stored policy. */
struct aegis_rule {
	__u32 offset;
	__u32 zero;
};

/* What the daemon decides, as opposed to what the policy says. Swapped whole. */
struct aegis_settings {
	__u64 exempt_cgroup; /* the agent's own */
	__u64 canary_path;   /* aegis_path_hash of the canary's path, 0: none */
	struct aegis_inode canary;
	__u32 scope;         /* 0: the whole machine, else 1 + index into the cgroups map */
	__u32 mode;          /* enum aegis_mode */
	__u32 signal;        /* number sent on the signal rungs */
	__u32 zero;
};

/*
 * The one page shared by the programs and the agent. The generation selects
 * the policy slot (generation & 1), settings_slot the settings; each is one
 * aligned store, so that a program sees the old whole or the new whole.
 */
struct aegis_control {
	__u64 generation; /* 0: no policy applied yet */
	__u32 settings_slot;
	__u32 emergency;  /* non-zero: everything is let through and reported */
	struct aegis_settings settings[2];

	/* Notes the agent leaves for its successor; no program reads them. */
	__u64 epoch;      /* names the directory of pinned links in force */
	__u64 served;     /* generation whose hooks the daemon has attached */
	__u32 mechanism;
	__u32 hooks;      /* bit per enum aegis_hook attached in this epoch */
	__u8 object_sha256[32];
	__u8 policy_sha256[2][32]; /* by policy slot, as are the counts */
	__u32 inodes[2];
	__u32 paths[2];
	__u32 cgroups[2];
	__u32 pathless[2]; /* rules that no path string can express */
};

/* One per hook and CPU. */
struct aegis_counters {
	__u64 actions[AEGIS_ACTION_COUNT];
	__u64 lost; /* events that found the ring full */
	__u64 canary[AEGIS_MECHANISM_COUNT];
};

/*
 * Facts of the running kernel that the agent sets before the programs are
 * loaded; the verifier then removes the branches that are not taken.
 */
struct aegis_knobs {
	__u8 setattr_has_idmap_lsm;      /* lsm/inode_setattr(idmap, dentry, attr): since 6.7 */
	__u8 setattr_has_idmap_function; /* security_inode_setattr(idmap, ...): since 6.0 */
};

struct aegis_event {
	__u64 time_ns; /* CLOCK_BOOTTIME */
	__u64 cgroup;
	__u64 ino;
	__u64 generation;
	__u32 dev;     /* kernel encoding: major << 20 | minor */
	__u32 pid;
	__u32 tid;
	__u32 uid;
	__u32 rule;    /* struct aegis_rule.offset */
	__u8 hook;
	__u8 action;
	__u8 mechanism;
	__u8 zero;
	char comm[AEGIS_COMM_BYTES];
};

/*
 * Hash of a path held in a zero-padded buffer of AEGIS_PATH_BYTES. The padding
 * is part of the input, so equal paths hash equal; both sides compile this one.
 */
static inline __attribute__((always_inline)) __u64 aegis_path_hash(const __u64 *words)
{
	__u64 hash = 0xcbf29ce484222325ULL;

#pragma GCC unroll 32
	for (int i = 0; i < AEGIS_PATH_BYTES / 8; i++) {
		hash = (hash ^ words[i]) * 0x9e3779b97f4a7c15ULL;
		hash ^= hash >> 32;
	}
	return hash ? hash : 1;
}

#ifdef __cplusplus
#define AEGIS_ASSERT static_assert
#else
#define AEGIS_ASSERT _Static_assert
#endif
AEGIS_ASSERT(sizeof(struct aegis_inode) == 16, "hash key must have no padding");
AEGIS_ASSERT(sizeof(struct aegis_rule) == 8, "wire size");
AEGIS_ASSERT(sizeof(struct aegis_settings) == 48, "wire size");
AEGIS_ASSERT(sizeof(struct aegis_control) == 264, "wire size");
AEGIS_ASSERT(sizeof(struct aegis_event) == 72, "wire size");
AEGIS_ASSERT(sizeof(struct aegis_counters) == 80, "wire size");
AEGIS_ASSERT(AEGIS_HOOK_COUNT <= 32, "aegis_control.hooks is a 32-bit set");

#endif
