// SPDX-License-Identifier: Apache-2.0
#include "lib/canary_acts.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "aegis.h"

namespace aegis {
namespace {

int errno_of(long result) { return result < 0 ? errno : 0; }

int open_it(const CanaryFile& file) { return errno_of(::open(file.path, O_RDONLY | O_CLOEXEC)); }

int read_it(const CanaryFile& file) {
  char byte;
  return errno_of(::pread(file.fd, &byte, 1, 0));
}

int map_it(const CanaryFile& file) {
  return ::mmap(nullptr, 1, PROT_READ, MAP_PRIVATE, file.fd, 0) == MAP_FAILED ? errno : 0;
}

// Through a socket to itself. A refused descriptor shows as a message that
// arrives truncated, not as an error.
int receive_it(const CanaryFile& file) {
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
  std::memcpy(CMSG_DATA(head), &file.fd, sizeof file.fd);
  if (::sendmsg(pair[0], &message, 0) < 0) return ENOTSUP;
  message.msg_controllen = sizeof control;
  if (::recvmsg(pair[1], &message, 0) < 0) return errno;
  return (message.msg_flags & MSG_CTRUNC) != 0 ? EPERM : 0;
}

int truncate_path(const CanaryFile& file) { return errno_of(::truncate(file.path, 1)); }
int truncate_descriptor(const CanaryFile& file) { return errno_of(::ftruncate(file.fd, 1)); }
int link_it(const CanaryFile& file) { return errno_of(::link(file.path, file.second)); }

// When link was let through, move and remove its result, so that the canary stays.
int rename_it(const CanaryFile& file) {
  const bool linked = ::access(file.second, F_OK) == 0;
  return errno_of(::rename(linked ? file.second : file.path, file.third));
}

int unlink_it(const CanaryFile& file) {
  const bool renamed = ::access(file.third, F_OK) == 0;
  return errno_of(::unlink(renamed ? file.third : file.path));
}

}  // namespace

const CanaryAct canary_acts[] = {
    {AEGIS_HOOK_FILE_OPEN, "open", open_it},
    {AEGIS_HOOK_FILE_PERMISSION, "read", read_it},
    {AEGIS_HOOK_MMAP_FILE, "mmap", map_it},
    {AEGIS_HOOK_FILE_RECEIVE, "receive", receive_it},
    {AEGIS_HOOK_PATH_TRUNCATE, "truncate", truncate_path},
    {AEGIS_HOOK_FILE_TRUNCATE, "ftruncate", truncate_descriptor},
    {AEGIS_HOOK_INODE_SETATTR, "resize", truncate_descriptor},
    {AEGIS_HOOK_INODE_LINK, "link", link_it},
    {AEGIS_HOOK_INODE_RENAME, "rename", rename_it},
    {AEGIS_HOOK_INODE_UNLINK, "unlink", unlink_it},
};
const size_t canary_act_count = sizeof canary_acts / sizeof canary_acts[0];

}  // namespace aegis
