// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * All programs of the agent. One line binds one decision to one hook in every
 * mechanism; the agent loads only those that the policy and the rung need.
 */
#include "exec.bpf.h"
#include "exec_path.bpf.h"
#include "file.bpf.h"
#include "module.bpf.h"
#include "network.bpf.h"
#include "network_splice.bpf.h"
#include "network_syscall.bpf.h"
#include "path.bpf.h"
#include "ptrace.bpf.h"
#include "self.bpf.h"
#include "syscall_flag.bpf.h"

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
BIND_ENTRY(SYSCALL_PATH, syscall_path, judge_paths_at_entry)
BIND_EXIT(SYSCALL_PATH, syscall_path, judge_paths_at_exit)

BIND(EXEC_OPEN, exec_open, file_open, security_file_open, decide_execution_open)
BIND(EXEC_PROGRAM, exec_program, bprm_check_security, security_bprm_check, decide_execution)
BIND(EXEC_MAPPING, exec_mapping, mmap_file, security_mmap_file, decide_executable_mapping)
BIND(EXEC_PROTECT, exec_protect, file_mprotect, security_file_mprotect, decide_executable_change)
BIND_ENTRY(SYSCALL_EXEC, syscall_exec, judge_program_at_entry)

BIND(SOCKET_CONNECT, socket_connect, socket_connect, security_socket_connect, decide_connection)
BIND(SOCKET_SENDMSG, socket_sendmsg, socket_sendmsg, security_socket_sendmsg, decide_sending)
BIND(SOCKET_BIND, socket_bind, socket_bind, security_socket_bind, decide_binding)
BIND(SOCKET_LISTEN, socket_listen, socket_listen, security_socket_listen, decide_serving)
BIND(SOCKET_ACCEPT, socket_accept, socket_accept, security_socket_accept, decide_serving)
BIND(SOCKET_SPLICE, socket_splice, file_permission, security_file_permission, decide_splicing)
BIND_ENTRY(SYSCALL_NETWORK, syscall_network, judge_name_at_entry)
BIND_EXIT(SYSCALL_NETWORK, syscall_network, judge_name_at_exit)

BIND(PTRACE_ACCESS, ptrace_access, ptrace_access_check, security_ptrace_access_check, decide_access)
BIND(PTRACE_TRACEME, ptrace_traceme, ptrace_traceme, security_ptrace_traceme, decide_traceme)
BIND_ENTRY(SYSCALL_PTRACE, syscall_ptrace, judge_ptrace_at_entry)

BIND(MODULE_FILE, module_file, kernel_read_file, security_kernel_read_file, decide_module_file)
BIND(MODULE_MEMORY, module_memory, kernel_load_data, security_kernel_load_data, decide_module_memory)
BIND_ANSWER(MODULE_REQUEST, module_request, kernel_module_request, security_kernel_module_request, decide_module_request)
BIND_ENTRY(SYSCALL_MODULE, syscall_module, judge_module_at_entry)

BIND(BPF_COMMAND, bpf_command, bpf, security_bpf, decide_bpf_call)
BIND(PIN_UNLINK, pin_unlink, inode_unlink, security_inode_unlink, decide_pin)
BIND(PIN_RMDIR, pin_rmdir, inode_rmdir, security_inode_rmdir, decide_pin)
BIND(PIN_RENAME, pin_rename, inode_rename, security_inode_rename, decide_pin)
BIND(PIN_UNMOUNT, pin_unmount, sb_umount, security_sb_umount, decide_unmount)
BIND_ENTRY(SYSCALL_BPF, syscall_bpf, judge_bpf_at_entry)
