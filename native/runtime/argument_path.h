// SPDX-License-Identifier: Apache-2.0
// Paths into a tool's arguments: JSON pointers (RFC 6901) whose segment `*` stands for every member or element.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace aegis::runtime {

struct ArgumentPath {
  std::vector<std::string> segments;  // unescaped; "*" is the wildcard
};

struct Located {
  std::string pointer;  // concrete JSON pointer
  const nlohmann::json* value;
};

// Reads "/a/b/*"; false when the text is not a pointer. The whole arguments are "" in RFC 6901 and "/" is the member
// with the empty name; neither is of use in a rule, so both are refused.
bool parse_path(std::string_view text, ArgumentPath& path);

// Everything the path names in the arguments, in document order. At most `limit` places; `overflow` tells of more.
std::vector<Located> locate(const ArgumentPath& path, const nlohmann::json& args, std::size_t limit, bool& overflow);

}  // namespace aegis::runtime
