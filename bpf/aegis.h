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
 * Where the canary's child connects to and binds: in 127/8, where no service
 * listens. Only that child is refused it, so anybody else may use it.
 */
#define AEGIS_CANARY_ADDRESS 0x7f414749 /* 127.65.71.73 */

/* Classes of rules; a policy uses some of them, and only their hooks are attached. */
#define AEGIS_CLASSES(X) \
	X(FILE, file)        \
	X(EXEC, exec)        \
	X(NETWORK, network)  \
	X(PTRACE, ptrace)    \
	X(MODULE, module)    \
	X(BPF, bpf)

/*
 * X(ID, name, CLASS, NEED): NEED says whether the class can be claimed without
 * the hook. OPTIONAL ones are missing on some kernel or built out on some, and
 * a REQUIRED one then stands behind them (inode_setattr behind the truncates).
 * Hooks named syscall_* are those of the tracepoint rung.
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
	X(SYSCALL_PATH, syscall_path, FILE, REQUIRED)       \
	X(EXEC_OPEN, exec_open, EXEC, REQUIRED)             \
	X(EXEC_PROGRAM, exec_program, EXEC, REQUIRED)       \
	X(EXEC_MAPPING, exec_mapping, EXEC, REQUIRED)       \
	X(EXEC_PROTECT, exec_protect, EXEC, REQUIRED)       \
	X(SYSCALL_EXEC, syscall_exec, EXEC, REQUIRED)       \
	X(SOCKET_CONNECT, socket_connect, NETWORK, REQUIRED) \
	X(SOCKET_SENDMSG, socket_sendmsg, NETWORK, REQUIRED) \
	X(SOCKET_BIND, socket_bind, NETWORK, REQUIRED)      \
	X(SOCKET_LISTEN, socket_listen, NETWORK, REQUIRED)  \
	X(SOCKET_ACCEPT, socket_accept, NETWORK, REQUIRED)  \
	X(SOCKET_SPLICE, socket_splice, NETWORK, OPTIONAL)  \
	X(SYSCALL_NETWORK, syscall_network, NETWORK, REQUIRED) \
	X(PTRACE_ACCESS, ptrace_access, PTRACE, REQUIRED)   \
	X(PTRACE_TRACEME, ptrace_traceme, PTRACE, REQUIRED) \
	X(SYSCALL_PTRACE, syscall_ptrace, PTRACE, REQUIRED) \
	X(MODULE_FILE, module_file, MODULE, REQUIRED)       \
	X(MODULE_MEMORY, module_memory, MODULE, REQUIRED)   \
	X(MODULE_REQUEST, module_request, MODULE, REQUIRED) \
	X(SYSCALL_MODULE, syscall_module, MODULE, REQUIRED) \
	X(BPF_COMMAND, bpf_command, BPF, REQUIRED)                \
	X(PIN_UNLINK, pin_unlink, BPF, REQUIRED)            \
	X(PIN_RMDIR, pin_rmdir, BPF, REQUIRED)              \
	X(PIN_RENAME, pin_rename, BPF, REQUIRED)            \
	X(PIN_UNMOUNT, pin_unmount, BPF, REQUIRED)          \
	X(SYSCALL_BPF, syscall_bpf, BPF, REQUIRED)

enum aegis_hook {
#define AEGIS_HOOK_ID(ID, name, CLASS, NEED) AEGIS_HOOK_##ID,
	AEGIS_HOOKS(AEGIS_HOOK_ID)
#undef AEGIS_HOOK_ID
	AEGIS_HOOK_COUNT
};

enum aegis_class {
#define AEGIS_CLASS_ID(ID, name) AEGIS_CLASS_##ID,
	AEGIS_CLASSES(AEGIS_CLASS_ID)
#undef AEGIS_CLASS_ID
	AEGIS_CLASS_COUNT
};

enum aegis_mechanism {
	AEGIS_MECHANISM_NONE,
	AEGIS_MECHANISM_LSM,
	AEGIS_MECHANISM_FMOD_RET,
	AEGIS_MECHANISM_FENTRY,
	AEGIS_MECHANISM_TRACEPOINT,
	AEGIS_MECHANISM_GUARD, /* no rung of its own, but what stands behind one; see backstop.bpf.h */
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

/* Key of a rule by the base name of the file executed; padded with zeros. */
struct aegis_name {
	__u64 words[AEGIS_COMM_BYTES / 8];
};

/* An IPv6 address in network order; IPv4 is held as v4-mapped (::ffff:a.b.c.d). */
struct aegis_address {
	__u32 words[4];
};

/* Key of the trie of networks; the length counts from the top of the mapped form. */
struct aegis_network {
	__u32 prefix_bits;
	struct aegis_address address;
};

enum aegis_protocol { AEGIS_PROTOCOL_OTHER, AEGIS_PROTOCOL_TCP, AEGIS_PROTOCOL_UDP, AEGIS_PROTOCOL_COUNT };
enum aegis_direction { AEGIS_DIRECTION_EGRESS, AEGIS_DIRECTION_BIND };

/* Key of a port rule; a rule for any protocol or direction is one key for each. */
struct aegis_port {
	__u16 port; /* host order */
	__u8 protocol;
	__u8 direction;
};

/* Key of a rule by address and port, always of the remote end. */
struct aegis_endpoint {
	struct aegis_address address;
	__u16 port; /* host order */
	__u8 protocol;
	__u8 zero;
};

/*
 * Layout of the cgroups map: two places for the scope, so that a new one is
 * written beside the one in use, then the exempt ones of each policy slot.
 */
#define AEGIS_CGROUP_SCOPES 2
#define AEGIS_CGROUP_EXEMPT(slot, i) (AEGIS_CGROUP_SCOPES + (slot) * AEGIS_EXEMPT_MAX + (i))
#define AEGIS_CGROUPS AEGIS_CGROUP_EXEMPT(2, 0)

/* What a rule is: for the event, the byte offset of its line in the stored policy. */
struct aegis_rule {
	__u32 offset;
	__u32 inode_generation; /* of a rule on an inode; 0: any */
};

/* What the daemon decides, as opposed to what the policy says. Swapped whole. */
struct aegis_settings {
	__u64 exempt_cgroup; /* the agent's own */
	__u64 canary_path;   /* aegis_path_hash of the canary's path, 0: none */
	struct aegis_inode canary;
	/*
	 * The name the canary's child takes before it tries an act that is no
	 * act on the canary's file. Who else takes it harms only itself.
	 */
	struct aegis_name canary_task;
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
	__u32 zero;
	__u64 hooks;      /* bit per enum aegis_hook attached in this epoch */
	__u8 object_sha256[32];
	__u8 policy_sha256[2][32]; /* by policy slot, as is all that follows */
	__u32 inodes[2];
	__u32 paths[2];
	__u32 cgroups[2];  /* exempt ones; the programs read this */
	__u32 pathless[2]; /* rules that no path string can express */
	__u32 classes[2];  /* bit per enum aegis_class the policy uses */
	__u32 rules[2][AEGIS_CLASS_COUNT];
	/* The line of each flag section; the programs read this for the event. */
	struct aegis_rule flags[2][AEGIS_CLASS_COUNT];
};

/* One per hook and CPU. */
struct aegis_counters {
	__u64 actions[AEGIS_ACTION_COUNT];
	__u64 lost; /* events that found the ring full */
	__u64 canary[AEGIS_MECHANISM_COUNT];
};

/* Calls by these numbers stand for functions of the kernel, which have none until they are loaded. */
#define AEGIS_CALL_RDONLY_CAST 0x7fffae01       /* bpf_rdonly_cast */
#define AEGIS_CALL_SESSION_IS_RETURN 0x7fffae02 /* bpf_session_is_return */
#define AEGIS_CALL_SESSION_COOKIE 0x7fffae03    /* bpf_session_cookie */

/* Structures that untyped pointers are cast to. */
#define AEGIS_TYPES(X) \
	X(sockaddr_in6)    \
	X(sockaddr_in)     \
	X(file)            \
	X(vm_area_struct)  \
	X(linux_binprm)    \
	X(path)            \
	X(dentry)          \
	X(iattr)           \
	X(inode)           \
	X(socket)          \
	X(msghdr)          \
	X(task_struct)     \
	X(vfsmount)

enum aegis_type {
#define AEGIS_TYPE_ID(name) AEGIS_TYPE_##name,
	AEGIS_TYPES(AEGIS_TYPE_ID)
#undef AEGIS_TYPE_ID
	AEGIS_TYPE_COUNT
};

/*
 * Facts of the running kernel that the agent sets before the programs are
 * loaded; the verifier then removes the branches that are not taken.
 */
struct aegis_knobs {
	__u8 setattr_has_idmap_lsm;      /* lsm/inode_setattr(idmap, dentry, attr): since 6.7 */
	__u8 setattr_has_idmap_function; /* security_inode_setattr(idmap, ...): since 6.0 */
	__u8 address_by_cast;            /* bpf_rdonly_cast is there: since 6.2 */
	__u8 backstopped;                /* enum aegis_mechanism that the backstop stands behind */
	__u8 guarded;                    /* guards are loaded */
	__u8 zero[3];
	__u32 types[AEGIS_TYPE_COUNT];   /* BTF ids by enum aegis_type; 0: the kernel has no such structure */
	__u32 reading_module;            /* enum kernel_read_file_id; 0: no such value */
	__u32 reading_module_compressed; /* since 6.15 or thereabouts */
	__u32 loading_module;            /* enum kernel_load_data_id */
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
	__u16 port;     /* host order; 0: none */
	__u16 protocol; /* IPPROTO_*; 0: not known */
	__u32 detail;   /* the other process (ptrace), the command (bpf), the purpose (module) */
	struct aegis_address address; /* remote, or local for bind, listen and accept */
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
AEGIS_ASSERT(sizeof(struct aegis_settings) == 64, "wire size");
AEGIS_ASSERT(sizeof(struct aegis_control) == 456, "wire size");
AEGIS_ASSERT(sizeof(struct aegis_event) == 96, "wire size");
AEGIS_ASSERT(sizeof(struct aegis_network) == 20, "trie key must have no padding");
AEGIS_ASSERT(sizeof(struct aegis_port) == 4, "hash key must have no padding");
AEGIS_ASSERT(sizeof(struct aegis_endpoint) == 20, "hash key must have no padding");
AEGIS_ASSERT(sizeof(struct aegis_counters) == 88, "wire size");
AEGIS_ASSERT(AEGIS_HOOK_COUNT <= 64, "aegis_control.hooks is a 64-bit set");

#endif
