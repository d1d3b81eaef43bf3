// SPDX-License-Identifier: Apache-2.0
// The network sections as the programs look them up.
#pragma once

#include "lib/policy_resolve.h"

namespace aegis {

// Adds the rules of the network sections. The entries were checked when the
// policy was parsed, so nothing can be wrong with them any more.
void resolve_network(const Policy& policy, ResolvedPolicy& resolved);

}  // namespace aegis
