// SPDX-License-Identifier: Apache-2.0
// Newline-delimited frames out of a byte stream, with a hard bound on what is kept in memory.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace aegis::wire {

inline constexpr std::size_t max_frame_bytes = std::size_t{1} << 20;

struct Frame {
  bool oversized = false;  // the line exceeded the bound; `text` is empty, the rest of the line is skipped
  std::string_view text;   // without the line end; valid until the next feed()
};

// Splits what feed() got into lines. A line over the bound is reported once and then skipped to its end, so that one
// huge frame costs the peer that frame and not the connection. Blank lines are no frames.
class FrameReader {
 public:
  explicit FrameReader(std::size_t limit = max_frame_bytes) : limit_(limit) {}

  void feed(std::string_view bytes);
  std::optional<Frame> next();

  // Whether bytes of a frame without its line end are waiting (at the end of a stream: half a frame).
  bool has_partial() const { return skipping_ || start_ < buffer_.size(); }

  // Memory held for this stream, in bytes.
  std::size_t held() const { return buffer_.capacity(); }

 private:
  std::size_t limit_;
  std::string buffer_;
  std::size_t start_ = 0;    // first byte not yet handed out
  std::size_t scanned_ = 0;  // no line end before this one: a long line is searched once, not once per feed
  bool skipping_ = false;
};

}  // namespace aegis::wire
