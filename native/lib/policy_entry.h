// SPDX-License-Identifier: Apache-2.0
// The grammar of a single entry, one rule a section.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/policy.h"

namespace aegis {

struct EntryFault {
  size_t at;  // byte offset within the entry
  std::string cause;
  std::string way_out;
};

// Nothing when the entry is well formed for its section.
std::optional<EntryFault> check_entry(Section section, std::string_view text);

// Sections whose header alone is the rule.
bool is_flag_section(Section section);

}  // namespace aegis
