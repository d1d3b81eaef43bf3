// SPDX-License-Identifier: Apache-2.0
// JSON as the wire accepts it: bounded in depth, without duplicate names, in valid UTF-8.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace aegis::wire {

inline constexpr int max_json_depth = 64;

struct ParsedJson {
  nlohmann::json value;
  std::string error;  // empty when the text was accepted
  bool ok() const { return error.empty(); }
};

// Parses one JSON text (RFC 8259). Beyond the grammar it refuses nesting deeper than max_json_depth (what is handed
// out may be walked recursively) and an object naming a member twice (two readers could then see two values).
ParsedJson parse_json(std::string_view text);

// Appends a text as a JSON string, quotes and all.
void append_quoted(std::string& out, std::string_view text);

// Compact text of a value. Text that is not UTF-8 (it can only come from outside the wire) is replaced, never thrown.
std::string dump_json(const nlohmann::json& value);

}  // namespace aegis::wire
