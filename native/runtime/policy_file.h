// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "tool_policy.h"

namespace aegis::runtime {

// The tool rules of a policy file as it is now. A file that others than root and this process's user may write is not
// believed.
Result<ToolPolicy> load_tool_policy(const std::string& path);

}  // namespace aegis::runtime
