// SPDX-License-Identifier: Apache-2.0
#include "lib/notify.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string_view>

#include "lib/unique_fd.h"

namespace aegis {

Status notify_manager(const std::string& message) {
  const char* name = ::getenv("NOTIFY_SOCKET");
  if (name == nullptr || *name == '\0') return Done{};
  const std::string_view target = name;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if ((target[0] != '/' && target[0] != '@') || target.size() >= sizeof address.sun_path)
    return Error{"cannot notify the service manager: NOTIFY_SOCKET is not a socket address", ""};
  std::memcpy(address.sun_path, target.data(), target.size());
  if (target[0] == '@') address.sun_path[0] = '\0';  // an abstract address
  const UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) return system_error("open a socket to the service manager", errno);
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + target.size());
  if (::sendto(socket.get(), message.data(), message.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address),
               length) < 0)
    return system_error("notify the service manager", errno);
  return Done{};
}

}  // namespace aegis
