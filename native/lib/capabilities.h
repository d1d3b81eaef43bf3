// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "lib/result.h"

namespace aegis {

// Gives up every capability but those in `kept` (CAP_* numbers) that are held,
// empties the bounding set and forbids regaining any by exec. Not reversible.
Status keep_capabilities(const std::vector<int>& kept);

}  // namespace aegis
