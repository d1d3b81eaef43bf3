// SPDX-License-Identifier: Apache-2.0
// The end of a link: the kernel takes programs out of their hooks some time
// after the last pin and descriptor are gone, and says so only by their ids.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/result.h"

namespace aegis {

// Id of the program behind a link, 0 when `link` is not one.
uint32_t program_of_link(int link);

// Ids of the programs behind all links pinned below a directory.
std::vector<uint32_t> programs_pinned_below(const std::string& path);

// Returns when none of the programs exists any more; an error after twenty seconds.
Status wait_until_gone(const std::vector<uint32_t>& programs);

}  // namespace aegis
