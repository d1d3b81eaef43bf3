// SPDX-License-Identifier: Apache-2.0
// What each class on each rung does not see or cannot undo. The report lists
// them, so that nobody has to guess what a claim covers.
#pragma once

#include <string>
#include <vector>

#include "lib/mechanism.h"
#include "lib/preemption.h"

namespace aegis {

// Of one class on one rung, as stable identifiers.
std::vector<std::string> known_gaps(Mechanism mechanism, size_t rule_class, Safeguard safeguard);

// Of all these classes, each once.
std::vector<std::string> known_gaps_of(Mechanism mechanism, ClassSet classes, Safeguard safeguard);

}  // namespace aegis
