// SPDX-License-Identifier: Apache-2.0
// One accepted connection: what was read and not yet handled, what was written and not yet taken.
#pragma once

#include <cstdint>
#include <string>

#include "../lib/wire_frame.h"
#include "authority.h"

namespace aegis::runtime {

// A peer that does not read gets no more than this kept for it.
inline constexpr std::size_t max_unsent_bytes = std::size_t{4} << 20;

class Connection {
 public:
  enum class Io { ok, blocked, closed };

  Connection(int descriptor, Peer who, Milliseconds now) : fd(descriptor), peer(std::move(who)), accepted(now) {}
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Reads once; `blocked` when there was nothing.
  Io read();
  // Writes what is waiting; `blocked` when the peer has to take some first.
  Io flush();

  void queue(std::string_view frame) { unsent_.append(frame); }
  std::size_t unsent() const { return unsent_.size() - sent_; }
  std::size_t held() const { return unsent_.capacity() + frames.held(); }

  const int fd;
  Peer peer;
  const Milliseconds accepted;
  wire::FrameReader frames;
  bool has_spoken = false;     // one frame came; before that it is half-open and the first to go when room is short
  bool is_queued = false;      // has frames left over from its last turn
  bool wants_events = false;
  bool at_end = false;         // the peer will send no more
  std::size_t accounted = 0;   // of held(), in the server's sum
  std::uint64_t dropped = 0;   // events it was too slow for
  std::uint32_t watched = 0;   // epoll events asked for

 private:
  std::string unsent_;
  std::size_t sent_ = 0;
};

}  // namespace aegis::runtime
