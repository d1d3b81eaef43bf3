// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lib/result.h"

namespace aegis {

// Gives up every capability but CAP_BPF (map reads on older kernels need it),
// empties the bounding set and forbids regaining any by exec. Not reversible.
Status drop_privileges();

}  // namespace aegis
