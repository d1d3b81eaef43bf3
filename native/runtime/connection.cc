// SPDX-License-Identifier: Apache-2.0
#include "connection.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace aegis::runtime {

Connection::~Connection() { close(fd); }

Connection::Io Connection::read() {
  // One turn's worth: a peer that sends without end gets its share and no more. The loop is single-threaded.
  static std::array<char, std::size_t{64} << 10> chunk;
  const ssize_t got = recv(fd, chunk.data(), chunk.size(), 0);
  if (got > 0) {
    frames.feed({chunk.data(), static_cast<std::size_t>(got)});
    return Io::ok;
  }
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return Io::blocked;
  return Io::closed;
}

Connection::Io Connection::flush() {
  while (sent_ < unsent_.size()) {
    const ssize_t put = send(fd, unsent_.data() + sent_, unsent_.size() - sent_, MSG_NOSIGNAL);
    if (put > 0) {
      sent_ += static_cast<std::size_t>(put);
    } else if (errno == EINTR) {
      continue;
    } else if (errno == EAGAIN) {
      if (sent_ > unsent_.size() / 2) {
        unsent_.erase(0, sent_);
        sent_ = 0;
      }
      return Io::blocked;
    } else {
      return Io::closed;
    }
  }
  unsent_.clear();
  if (unsent_.capacity() > (std::size_t{64} << 10)) unsent_.shrink_to_fit();
  sent_ = 0;
  return Io::ok;
}

}  // namespace aegis::runtime
