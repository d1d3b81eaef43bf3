// SPDX-License-Identifier: Apache-2.0
#include "events.h"

#include <chrono>

#include "../lib/wire_json.h"

namespace aegis::runtime {

const Event& EventLog::append(std::string_view type, std::string_view members) {
  using namespace std::chrono;
  const auto now = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  if (events_.size() == capacity_) events_.pop_front();
  Event& event = events_.emplace_back(Event{++sequence_, {}});
  std::string& json = event.json;
  json.reserve(members.size() + 96);
  json.append("{\"sequence\":").append(std::to_string(sequence_));
  json.append(",\"timeUnixMs\":").append(std::to_string(now)).append(",\"type\":");
  wire::append_quoted(json, type);
  if (!members.empty()) json.append(1, ',').append(members);
  json += '}';
  return event;
}

}  // namespace aegis::runtime
