// SPDX-License-Identifier: Apache-2.0
#include "agent/privileges.h"

#include <linux/capability.h>

#include "lib/capabilities.h"

namespace aegis {

Status drop_privileges() { return keep_capabilities({CAP_BPF}); }

}  // namespace aegis
