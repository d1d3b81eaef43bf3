// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * All programs of the agent. One line binds one decision to one hook in every
 * mechanism; the agent loads only those that the policy and the rung need.
 */
#include "backstop.bpf.h"
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
BACKSTOP(FILE_OPEN, file_open, security_file_open, decide_descriptor, TYPED(0, file))
BACKSTOP(FILE_PERMISSION, file_permission, security_file_permission, decide_descriptor, TYPED(0, file))
BACKSTOP(FILE_RECEIVE, file_receive, security_file_receive, decide_descriptor, TYPED(0, file))
BACKSTOP(MMAP_FILE, mmap_file, security_mmap_file, decide_mapping, TYPED(0, file))
BACKSTOP(FILE_MPROTECT, file_mprotect, security_file_mprotect, decide_protection, TYPED(0, vm_area_struct))
BACKSTOP(FILE_IOCTL, file_ioctl, security_file_ioctl, decide_control, TYPED(0, file))
BACKSTOP(IOCTL_COMPAT, ioctl_compat, security_file_ioctl_compat, decide_control, TYPED(0, file))
BACKSTOP(BPRM_CHECK, bprm_check, security_bprm_check, decide_program, TYPED(0, linux_binprm))
BACKSTOP(PATH_TRUNCATE, path_truncate, security_path_truncate, decide_path_truncate, TYPED(0, path))
BACKSTOP(FILE_TRUNCATE, file_truncate, security_file_truncate, decide_descriptor, TYPED(0, file))
BACKSTOP(INODE_SETATTR, inode_setattr, security_inode_setattr, decide_setattr, TYPED(1, dentry) TYPED(2, iattr))
BACKSTOP(INODE_LINK, inode_link, security_inode_link, decide_source, TYPED(0, dentry))
BACKSTOP(INODE_RENAME, inode_rename, security_inode_rename, decide_rename, TYPED(1, dentry) TYPED(3, dentry))
BACKSTOP(INODE_UNLINK, inode_unlink, security_inode_unlink, decide_unlink, TYPED(1, dentry))
BACKSTOP(INODE_COPY_UP, inode_copy_up, security_inode_copy_up, decide_source, TYPED(0, dentry))
BIND_ENTRY(SYSCALL_PATH, syscall_path, judge_paths_at_entry)
BIND_EXIT(SYSCALL_PATH, syscall_path, judge_paths_at_exit)

BIND(EXEC_OPEN, exec_open, file_open, security_file_open, decide_execution_open)
BIND(EXEC_PROGRAM, exec_program, bprm_check_security, security_bprm_check, decide_execution)
BIND(EXEC_MAPPING, exec_mapping, mmap_file, security_mmap_file, decide_executable_mapping)
BIND(EXEC_PROTECT, exec_protect, file_mprotect, security_file_mprotect, decide_executable_change)
BACKSTOP(EXEC_OPEN, exec_open, security_file_open, decide_execution_open, TYPED(0, file))
BACKSTOP(EXEC_PROGRAM, exec_program, security_bprm_check, decide_execution, TYPED(0, linux_binprm))
BACKSTOP(EXEC_MAPPING, exec_mapping, security_mmap_file, decide_executable_mapping, TYPED(0, file))
BACKSTOP(EXEC_PROTECT, exec_protect, security_file_mprotect, decide_executable_change, TYPED(0, vm_area_struct))
BIND_ENTRY(SYSCALL_EXEC, syscall_exec, judge_program_at_entry)

BIND(SOCKET_CONNECT, socket_connect, socket_connect, security_socket_connect, decide_connection)
BIND(SOCKET_SENDMSG, socket_sendmsg, socket_sendmsg, security_socket_sendmsg, decide_sending)
BIND(SOCKET_BIND, socket_bind, socket_bind, security_socket_bind, decide_binding)
BIND(SOCKET_LISTEN, socket_listen, socket_listen, security_socket_listen, decide_serving)
BIND(SOCKET_ACCEPT, socket_accept, socket_accept, security_socket_accept, decide_serving)
BIND(SOCKET_SPLICE, socket_splice, file_permission, security_file_permission, decide_splicing)
BACKSTOP(SOCKET_CONNECT, socket_connect, security_socket_connect, decide_connection, TYPED(0, socket))
BACKSTOP(SOCKET_SENDMSG, socket_sendmsg, security_socket_sendmsg, decide_sending, TYPED(0, socket) TYPED(1, msghdr))
BACKSTOP(SOCKET_BIND, socket_bind, security_socket_bind, decide_binding, TYPED(0, socket) TYPED(1, sockaddr_in))
BACKSTOP(SOCKET_LISTEN, socket_listen, security_socket_listen, decide_serving, TYPED(0, socket))
BACKSTOP(SOCKET_ACCEPT, socket_accept, security_socket_accept, decide_serving, TYPED(0, socket))
BIND_ENTRY(SYSCALL_NETWORK, syscall_network, judge_name_at_entry)
BIND_EXIT(SYSCALL_NETWORK, syscall_network, judge_name_at_exit)

BIND(PTRACE_ACCESS, ptrace_access, ptrace_access_check, security_ptrace_access_check, decide_access)
BIND(PTRACE_TRACEME, ptrace_traceme, ptrace_traceme, security_ptrace_traceme, decide_traceme)
BACKSTOP(PTRACE_ACCESS, ptrace_access, security_ptrace_access_check, decide_access, TYPED(0, task_struct))
BACKSTOP(PTRACE_TRACEME, ptrace_traceme, security_ptrace_traceme, decide_traceme, TYPED(0, task_struct))
BIND_ENTRY(SYSCALL_PTRACE, syscall_ptrace, judge_ptrace_at_entry)

BIND(MODULE_FILE, module_file, kernel_read_file, security_kernel_read_file, decide_module_file)
BIND(MODULE_MEMORY, module_memory, kernel_load_data, security_kernel_load_data, decide_module_memory)
BIND_ANSWER(MODULE_REQUEST, module_request, kernel_module_request, security_kernel_module_request, decide_module_request)
BACKSTOP(MODULE_FILE, module_file, security_kernel_read_file, decide_module_file, )
BACKSTOP(MODULE_MEMORY, module_memory, security_kernel_load_data, decide_module_memory, )
BACKSTOP(MODULE_REQUEST, module_request, security_kernel_module_request, decide_module_request, )
BIND_ENTRY(SYSCALL_MODULE, syscall_module, judge_module_at_entry)

BIND(BPF_COMMAND, bpf_command, bpf, security_bpf, decide_bpf_call)
BIND(PIN_UNLINK, pin_unlink, inode_unlink, security_inode_unlink, decide_pin)
BIND(PIN_RMDIR, pin_rmdir, inode_rmdir, security_inode_rmdir, decide_pin)
BIND(PIN_RENAME, pin_rename, inode_rename, security_inode_rename, decide_pin)
BIND(PIN_UNMOUNT, pin_unmount, sb_umount, security_sb_umount, decide_unmount)
BACKSTOP(BPF_COMMAND, bpf_command, security_bpf, decide_bpf_call, )
BACKSTOP(PIN_UNLINK, pin_unlink, security_inode_unlink, decide_pin, TYPED(0, inode))
BACKSTOP(PIN_RMDIR, pin_rmdir, security_inode_rmdir, decide_pin, TYPED(0, inode))
BACKSTOP(PIN_RENAME, pin_rename, security_inode_rename, decide_pin, TYPED(0, inode))
BACKSTOP(PIN_UNMOUNT, pin_unmount, security_sb_umount, decide_unmount, TYPED(0, vfsmount))
BIND_ENTRY(SYSCALL_BPF, syscall_bpf, judge_bpf_at_entry)
