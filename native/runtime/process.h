// SPDX-License-Identifier: Apache-2.0
// What /proc tells about a peer's process.
#pragma once

#include <functional>
#include <optional>

#include "registry.h"

namespace aegis::runtime {

// The process with its start time; nullopt when it is gone or cannot be seen.
std::optional<ProcessId> identify(pid_t pid);

enum class Ancestry { clear, descends, unknown };

// Whether the process is, or was started by, one for which `is_agent` holds. `unknown` when the chain to the top
// cannot be read: the asker decides what to make of it.
Ancestry ancestry(pid_t pid, const std::function<bool(const ProcessId&)>& is_agent);

}  // namespace aegis::runtime
