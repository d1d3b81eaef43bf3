// SPDX-License-Identifier: Apache-2.0
#include "events.h"

#include <chrono>

#include "../lib/wire_json.h"

namespace aegis::runtime {

const Event& EventLog::append(std::string_view type, nlohmann::json fields) {
  using namespace std::chrono;
  fields["sequence"] = ++sequence_;
  fields["timeUnixMs"] = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  fields["type"] = type;
  if (events_.size() == capacity_) events_.pop_front();
  events_.push_back({sequence_, wire::dump_json(fields)});
  return events_.back();
}

}  // namespace aegis::runtime
