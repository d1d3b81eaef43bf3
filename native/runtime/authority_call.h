// SPDX-License-Identifier: Apache-2.0
// One request while it is handled, and the reading of its parameters.
#pragma once

#include "authority.h"

namespace aegis::runtime {

struct Authority::Call {
  Peer& peer;
  wire::Request& request;
  json result;
  std::string result_text;  // of a result that is asked for too often to be built up first
  bool is_deferred;  // the answer comes later, through answer_waiter()
};

inline constexpr std::size_t max_name_bytes = 128;

// The text of a member: empty when absent, nullptr in `ok` when it is not a string of at most `limit` characters'
// worth of bytes or holds control characters (which would forge lines in a terminal).
std::string text_of(const nlohmann::json& params, const char* name, std::size_t limit, std::string& error);

// A whole number of a member within [least, most]; `fallback` when absent.
std::int64_t number_of(const nlohmann::json& params, const char* name, std::int64_t least, std::int64_t most,
                       std::int64_t fallback, std::string& error);

}  // namespace aegis::runtime
