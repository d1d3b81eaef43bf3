// SPDX-License-Identifier: Apache-2.0
#include "lib/supervision.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace aegis::supervision {
namespace {
constexpr size_t max_packet_bytes = 8192;
}

Status say(int socket, std::string_view word, std::string_view text) {
  std::string packet(word);
  if (!text.empty()) packet.append(" ").append(text.substr(0, max_packet_bytes - word.size() - 1));
  if (::send(socket, packet.data(), packet.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
    return system_error("speak to the other end", errno);
  return Done{};
}

Packet hear(int socket) {
  std::array<char, max_packet_bytes> bytes;
  ssize_t got;
  do got = ::recv(socket, bytes.data(), bytes.size(), MSG_DONTWAIT);
  while (got < 0 && errno == EINTR);
  if (got < 0 && errno == EAGAIN) return {};
  if (got <= 0) return {Packet::State::ended, {}, {}};
  const std::string_view packet(bytes.data(), static_cast<size_t>(got));
  const size_t space = std::min(packet.find(' '), packet.size());
  return {Packet::State::word, std::string(packet.substr(0, space)),
          std::string(packet.substr(std::min(space + 1, packet.size())))};
}

}  // namespace aegis::supervision
