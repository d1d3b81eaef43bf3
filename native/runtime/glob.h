// SPDX-License-Identifier: Apache-2.0
// Globs of the tool policy, matched in linear time: a hostile argument cannot make a rule slow.
#pragma once

#include <string_view>

namespace aegis::runtime {

// `*` is any run of characters, `?` any one byte; everything else is itself. For tool names, which have no hierarchy.
bool matches_name(std::string_view glob, std::string_view name);

// As above, but `*` and `?` stop at `/`; `**` crosses it. For argument values, which are often paths or URLs.
bool matches_value(std::string_view glob, std::string_view value);

// Whether a value has a `.` or `..` segment, by which a path can be spelled to look as if it lay somewhere else.
bool has_dot_segment(std::string_view value);

}  // namespace aegis::runtime
