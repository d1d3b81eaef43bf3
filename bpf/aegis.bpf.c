// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * All programs of the agent. One line binds one decision to one hook in every
 * mechanism; the agent loads only those that the policy and the rung need.
 */
#include "file.bpf.h"
#include "path.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

BIND(FILE_OPEN, file_open, file_open, security_file_open, decide_descriptor)
BIND(FILE_PERMISSION, file_permission, file_permission, security_file_permission, decide_descriptor)
BIND(FILE_RECEIVE, file_receive, file_receive, security_file_receive, decide_descriptor)
BIND(MMAP_FILE, mmap_file, mmap_file, security_mmap_file, decide_mapping)
BIND(FILE_MPROTECT, file_mprotect, file_mprotect, security_file_mprotect, decide_protection)
BIND(FILE_IOCTL, file_ioctl, file_ioctl, security_file_ioctl, decide_control)
BIND(IOCTL_COMPAT, ioctl_compat, file_ioctl_compat, security_file_ioctl_compat, decide_control)
BIND(BPRM_CHECK, bprm_check, bprm_check_security, security_bprm_check, decide_program)
BIND(PATH_TRUNCATE, path_truncate, path_truncate, security_path_truncate, decide_path_truncate)
BIND(FILE_TRUNCATE, file_truncate, file_truncate, security_file_truncate, decide_descriptor)
BIND(INODE_SETATTR, inode_setattr, inode_setattr, security_inode_setattr, decide_setattr)
BIND(INODE_LINK, inode_link, inode_link, security_inode_link, decide_source)
BIND(INODE_RENAME, inode_rename, inode_rename, security_inode_rename, decide_rename)
BIND(INODE_UNLINK, inode_unlink, inode_unlink, security_inode_unlink, decide_unlink)
BIND(INODE_COPY_UP, inode_copy_up, inode_copy_up, security_inode_copy_up, decide_source)
