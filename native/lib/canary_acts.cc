// SPDX-License-Identifier: Apache-2.0
#include "lib/canary_acts.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "aegis.h"
#include "lib/unique_fd.h"

namespace aegis {
namespace {

constexpr uint16_t echo_port = 7;

int errno_of(long result) { return result < 0 ? errno : 0; }

// For calls that fail for reasons of their own once they were let through.
int refused_only() { return errno == EPERM ? EPERM : 0; }

int open_it(const CanaryTools& tools) { return errno_of(::open(tools.path, O_RDONLY | O_CLOEXEC)); }

int read_it(const CanaryTools& tools) {
  char byte;
  return errno_of(::pread(tools.fd, &byte, 1, 0));
}

int map_it(const CanaryTools& tools) {
  return ::mmap(nullptr, 1, PROT_READ, MAP_PRIVATE, tools.fd, 0) == MAP_FAILED ? errno : 0;
}

// Through a socket to itself. A refused descriptor shows as a message that
// arrives truncated, not as an error.
int receive_it(const CanaryTools& tools) {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) != 0) return ENOTSUP;
  char byte = 0;
  iovec data{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(head), &tools.fd, sizeof tools.fd);
  if (::sendmsg(pair[0], &message, 0) < 0) return ENOTSUP;
  message.msg_controllen = sizeof control;
  if (::recvmsg(pair[1], &message, 0) < 0) return errno;
  return (message.msg_flags & MSG_CTRUNC) != 0 ? EPERM : 0;
}

int truncate_path(const CanaryTools& tools) { return errno_of(::truncate(tools.path, 1)); }
int truncate_descriptor(const CanaryTools& tools) { return errno_of(::ftruncate(tools.fd, 1)); }
int link_it(const CanaryTools& tools) { return errno_of(::link(tools.path, tools.second)); }

// When link was let through, move and remove its result, so that the canary stays.
int rename_it(const CanaryTools& tools) {
  const bool linked = ::access(tools.second, F_OK) == 0;
  return errno_of(::rename(linked ? tools.second : tools.path, tools.third));
}

int unlink_it(const CanaryTools& tools) {
  const bool renamed = ::access(tools.third, F_OK) == 0;
  return errno_of(::unlink(renamed ? tools.third : tools.path));
}

int execute_it(const CanaryTools& tools) {
  const char* const none[] = {"canary", nullptr};
  ::syscall(SYS_execveat, tools.program, "", none, none + 1, AT_EMPTY_PATH);
  return refused_only();  // ENOEXEC says that the kernel got as far as its format
}

int execute_path(const CanaryTools& tools) {
  const char* const none[] = {"canary", nullptr};
  ::syscall(SYS_execve, tools.path, none, none + 1);
  return refused_only();
}

int map_executable(const CanaryTools& tools) {
  return ::mmap(nullptr, 1, PROT_READ | PROT_EXEC, MAP_PRIVATE, tools.program, 0) == MAP_FAILED ? errno : 0;
}

int make_executable(const CanaryTools& tools) {
  void* area = ::mmap(nullptr, 1, PROT_READ, MAP_PRIVATE, tools.program, 0);
  if (area == MAP_FAILED) return ENOTSUP;
  return errno_of(::mprotect(area, 1, PROT_READ | PROT_EXEC));
}

sockaddr_in canary_address() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(AEGIS_CANARY_ADDRESS);
  address.sin_port = htons(echo_port);
  return address;
}

// Nobody listens there, so that every errno but EPERM means it was let through.
int connect_to(int family, const void* address, socklen_t length) {
  const int socket = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0) return ENOTSUP;
  return ::connect(socket, static_cast<const sockaddr*>(address), length) == 0 ? 0 : refused_only();
}

int connect_out(const CanaryTools&) {
  const sockaddr_in address = canary_address();
  return connect_to(AF_INET, &address, sizeof address);
}

int connect_mapped(const CanaryTools&) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(echo_port);
  const uint32_t words[4] = {0, 0, htonl(0xffff), htonl(AEGIS_CANARY_ADDRESS)};
  std::memcpy(&address.sin6_addr, words, sizeof words);
  return connect_to(AF_INET6, &address, sizeof address);
}

int send_out(const CanaryTools&) {
  const sockaddr_in address = canary_address();
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0) return ENOTSUP;
  return ::sendto(socket, "", 1, 0, reinterpret_cast<const sockaddr*>(&address), sizeof address) >= 0 ? 0
                                                                                                      : refused_only();
}

int bind_it(const CanaryTools&) {
  sockaddr_in address = canary_address();
  address.sin_port = 0;
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return ENOTSUP;
  return ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : refused_only();
}

int listen_on_it(const CanaryTools&) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return ENOTSUP;
  return ::listen(socket, 1) == 0 ? 0 : refused_only();
}

// The hook comes before the question whether anybody listens.
int accept_on_it(const CanaryTools&) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0) return ENOTSUP;
  return ::accept4(socket, nullptr, nullptr, SOCK_CLOEXEC) >= 0 ? 0 : refused_only();
}

// A child of the child, which Yama lets it look into, and which goes with it.
int read_other(const CanaryTools&) {
  static char byte = 'c';
  const pid_t self = ::getpid();
  const pid_t other = ::fork();
  if (other < 0) return ENOTSUP;
  if (other == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (::getppid() == self) ::pause();
    ::_exit(0);
  }
  char copy;
  const iovec here{&copy, 1}, there{&byte, 1};
  const int answer = errno_of(::process_vm_readv(other, &here, 1, &there, 1, 0));
  ::kill(other, SIGKILL);
  ::waitpid(other, nullptr, 0);
  return answer;
}

int be_traced(const CanaryTools&) { return errno_of(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr)); }

// Content that is no module: every errno but EPERM came after the hook.
int load_file(const CanaryTools& tools) {
  return ::syscall(SYS_finit_module, tools.program, "", 0) == 0 ? 0 : refused_only();
}

int load_memory(const CanaryTools&) {
  static char nothing[4096] = "no module";
  return ::syscall(SYS_init_module, nothing, sizeof nothing, "") == 0 ? 0 : refused_only();
}

int call_bpf(const CanaryTools&) {
  union bpf_attr nothing;
  std::memset(&nothing, 0, sizeof nothing);
  return ::syscall(SYS_bpf, BPF_OBJ_GET, &nothing, sizeof nothing) >= 0 ? 0 : refused_only();
}

bool has_capability(unsigned capability) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  return ::syscall(SYS_capget, &header, data) == 0 &&
         (data[CAP_TO_INDEX(capability)].effective & CAP_TO_MASK(capability)) != 0;
}

}  // namespace

const CanaryAct canary_acts[] = {
    {AEGIS_HOOK_FILE_OPEN, "open", open_it, true},
    {AEGIS_HOOK_SYSCALL_PATH, "open", open_it, true},
    {AEGIS_HOOK_FILE_PERMISSION, "read", read_it},
    {AEGIS_HOOK_MMAP_FILE, "mmap", map_it},
    {AEGIS_HOOK_FILE_RECEIVE, "receive", receive_it},
    {AEGIS_HOOK_PATH_TRUNCATE, "truncate", truncate_path},
    {AEGIS_HOOK_FILE_TRUNCATE, "ftruncate", truncate_descriptor},
    {AEGIS_HOOK_INODE_SETATTR, "resize", truncate_descriptor},
    {AEGIS_HOOK_INODE_LINK, "link", link_it},
    {AEGIS_HOOK_INODE_RENAME, "rename", rename_it},
    {AEGIS_HOOK_INODE_UNLINK, "unlink", unlink_it},
    {AEGIS_HOOK_EXEC_PROGRAM, "exec", execute_it, true},
    {AEGIS_HOOK_EXEC_MAPPING, "mmap_exec", map_executable},
    {AEGIS_HOOK_EXEC_PROTECT, "mprotect_exec", make_executable},
    {AEGIS_HOOK_SYSCALL_EXEC, "exec", execute_path, true},
    {AEGIS_HOOK_SOCKET_CONNECT, "connect", connect_out, true},
    {AEGIS_HOOK_SOCKET_CONNECT, "connect_mapped", connect_mapped, false, Need::ipv6},
    {AEGIS_HOOK_SOCKET_SENDMSG, "sendto", send_out},
    {AEGIS_HOOK_SOCKET_BIND, "bind", bind_it},
    {AEGIS_HOOK_SOCKET_LISTEN, "listen", listen_on_it},
    {AEGIS_HOOK_SOCKET_ACCEPT, "accept", accept_on_it},
    {AEGIS_HOOK_SYSCALL_NETWORK, "connect", connect_out, true},
    {AEGIS_HOOK_PTRACE_ACCESS, "process_vm_readv", read_other, true},
    {AEGIS_HOOK_PTRACE_TRACEME, "traceme", be_traced},
    {AEGIS_HOOK_SYSCALL_PTRACE, "process_vm_readv", read_other, true},
    {AEGIS_HOOK_MODULE_FILE, "finit_module", load_file, true, Need::module_capability},
    {AEGIS_HOOK_MODULE_MEMORY, "init_module", load_memory, false, Need::module_capability},
    {AEGIS_HOOK_SYSCALL_MODULE, "init_module", load_memory, true},
    {AEGIS_HOOK_BPF_COMMAND, "bpf", call_bpf, true},
    {AEGIS_HOOK_SYSCALL_BPF, "bpf", call_bpf, true},
};
const size_t canary_act_count = sizeof canary_acts / sizeof canary_acts[0];

bool is_met(Need need) {
  if (need == Need::ipv6) return static_cast<bool>(UniqueFd(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)));
  if (need == Need::module_capability) return has_capability(CAP_SYS_MODULE);
  return true;
}

}  // namespace aegis
