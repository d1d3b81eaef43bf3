// SPDX-License-Identifier: Apache-2.0
// What happened, for those who follow: numbered, kept in a bounded ring, never waiting for a reader.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace aegis::runtime {

struct Event {
  std::uint64_t sequence;  // from 1, without gaps
  std::string json;        // a complete object
};

class EventLog {
 public:
  explicit EventLog(std::size_t capacity) : capacity_(capacity) {}

  // `members` as they stand in a JSON object, or none; sequence, UTC time in milliseconds and type are added.
  const Event& append(std::string_view type, std::string_view members);

  const std::deque<Event>& kept() const { return events_; }
  std::uint64_t last() const { return sequence_; }

 private:
  std::size_t capacity_;
  std::uint64_t sequence_ = 0;
  std::deque<Event> events_;
};

}  // namespace aegis::runtime
