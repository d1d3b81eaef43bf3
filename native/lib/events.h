// SPDX-License-Identifier: Apache-2.0
// Events from the programs, as JSON lines or plain text.
#pragma once

#include <cstdint>
#include <string>

#include "aegis.h"
#include "lib/unique_fd.h"

namespace aegis {

enum class LogFormat { json, text };

// Finds the line of the stored policy that an event refers to. Reads it from
// disk when asked, so that a policy of 100,000 rules takes no memory here.
class RuleSource {
 public:
  // `path` is the stored policy of one generation.
  void follow(uint64_t generation, const std::string& path);
  // Empty when the event is of another generation or the line is not a path.
  std::string path_of(const aegis_event& event) const;

 private:
  uint64_t generation_ = 0;
  UniqueFd file_;
};

// One line without the newline.
std::string render_event(const aegis_event& event, const std::string& path, LogFormat format);

}  // namespace aegis
