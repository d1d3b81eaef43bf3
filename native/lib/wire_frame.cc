// SPDX-License-Identifier: Apache-2.0
#include "wire_frame.h"

namespace aegis::wire {

namespace {
constexpr std::size_t keep_capacity = std::size_t{64} << 10;
}

void FrameReader::feed(std::string_view bytes) {
  if (start_ == buffer_.size()) {
    buffer_.clear();
    // A single large frame must not leave its memory with every idle connection.
    if (buffer_.capacity() > keep_capacity) buffer_.shrink_to_fit();
    start_ = scanned_ = 0;
  } else if (start_ > 0) {
    buffer_.erase(0, start_);
    scanned_ -= start_;
    start_ = 0;
  }
  buffer_.append(bytes);
}

std::optional<Frame> FrameReader::next() {
  while (start_ < buffer_.size()) {
    const std::size_t end = buffer_.find('\n', scanned_);
    if (end == std::string::npos) {
      scanned_ = buffer_.size();
      if (skipping_) {
        start_ = scanned_;
        return std::nullopt;
      }
      if (buffer_.size() - start_ <= limit_) return std::nullopt;
      skipping_ = true;
      start_ = scanned_;
      return Frame{.oversized = true, .text = {}};
    }
    std::string_view line(buffer_.data() + start_, end - start_);
    start_ = scanned_ = end + 1;
    if (skipping_) {
      skipping_ = false;
      continue;
    }
    if (line.size() > limit_) return Frame{.oversized = true, .text = {}};
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty()) continue;
    return Frame{.oversized = false, .text = line};
  }
  return std::nullopt;
}

}  // namespace aegis::wire
