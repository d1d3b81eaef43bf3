// SPDX-License-Identifier: Apache-2.0
#include "agent/confinement.h"

#include <seccomp.h>
#include <sys/resource.h>

#include <cerrno>
#include <memory>

namespace aegis {
namespace {

constexpr const char* memory[] = {"brk", "mmap", "munmap", "mprotect", "mremap", "madvise"};

constexpr const char* waiting[] = {
    "epoll_create1",   "epoll_ctl",    "epoll_wait",      "epoll_pwait",   "poll",  "ppoll",           "timerfd_create",
    "timerfd_settime", "nanosleep",    "clock_nanosleep", "clock_gettime", "futex", "restart_syscall", "rt_sigprocmask",
    "rt_sigaction",    "rt_sigreturn", "rt_sigtimedwait", "gettimeofday",  "time",  "signalfd4",       "eventfd2",
};

constexpr const char* identity[] = {
    "getpid",    "gettid",     "getppid",           "getuid",      "geteuid",   "getgid",    "getegid",   "uname",
    "getrandom", "sysinfo",    "sched_getaffinity", "sched_yield", "getrusage", "prlimit64", "setrlimit", "getrlimit",
    "prctl",     "arch_prctl",
};

// Reports, policies, pins.
constexpr const char* files[] = {
    "read",        "pread64",  "readv",     "write",     "writev",     "pwrite64",     "lseek",      "close",
    "close_range", "open",     "openat",    "stat",      "fstat",      "lstat",        "newfstatat", "statx",
    "statfs",      "fstatfs",  "access",    "faccessat", "faccessat2", "readlink",     "readlinkat", "getdents64",
    "getcwd",      "fcntl",    "ioctl",     "flock",     "fsync",      "fdatasync",    "truncate",   "ftruncate",
    "rename",      "renameat", "renameat2", "link",      "linkat",     "symlink",      "unlink",     "unlinkat",
    "rmdir",       "mkdir",    "mkdirat",   "umask",     "chmod",      "fchmod",       "fchmodat",   "dup",
    "dup2",        "dup3",     "pipe",      "pipe2",     "sendfile",   "memfd_create",
};

constexpr const char* sockets[] = {
    "socket",      "socketpair", "connect",    "bind",   "listen",  "accept",   "accept4",  "shutdown", "getsockname",
    "getpeername", "setsockopt", "getsockopt", "sendto", "sendmsg", "sendmmsg", "recvfrom", "recvmsg",  "recvmmsg",
};

// The canary's children, and what they try; the runtime authority, which gives up the rest of its privileges itself.
constexpr const char* children[] = {
    "fork",
    "vfork",
    "clone",
    "clone3",
    "wait4",
    "waitid",
    "pidfd_open",
    "pidfd_send_signal",
    "kill",
    "tgkill",
    "exit",
    "exit_group",
    "execve",
    "execveat",
    "set_robust_list",
    "set_tid_address",
    "rseq",
    "capget",
    "capset",
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "finit_module",
    "init_module",
    "bpf",
};

struct FilterCloser {
  void operator()(void* filter) const { seccomp_release(filter); }
};

template <size_t count>
Status allow(void* filter, const char* const (&names)[count]) {
  for (const char* name : names) {
    const int number = seccomp_syscall_resolve_name(name);
    // Unknown to this library, or not a call of this architecture: then nothing here makes it.
    if (number < 0) continue;
    if (const int error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0); error != 0)
      return system_error(std::string("allow the system call ") + name, -error);
  }
  return Done{};
}

}  // namespace

Status limit_memory() {
  const rlimit limit{address_space_limit, address_space_limit};
  if (::setrlimit(RLIMIT_AS, &limit) != 0) return system_error("limit the address space", errno);
  return Done{};
}

Status filter_system_calls() {
  const std::unique_ptr<void, FilterCloser> filter(seccomp_init(SCMP_ACT_ERRNO(ENOSYS)));
  if (!filter) return Error{"cannot make a system call filter: out of memory"};
  for (const auto& allowed : {allow(filter.get(), memory), allow(filter.get(), waiting), allow(filter.get(), identity),
                              allow(filter.get(), files), allow(filter.get(), sockets), allow(filter.get(), children)})
    if (!allowed) return allowed.error();
  if (const int error = seccomp_load(filter.get()); error != 0)
    return system_error("load the system call filter", -error, "Run a kernel built with CONFIG_SECCOMP_FILTER");
  return Done{};
}

}  // namespace aegis
