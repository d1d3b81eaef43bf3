// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "lib/result.h"

namespace aegis {

// The address space a daemon may take, in bytes: its maps and the text of the
// largest policy fit several times over.
inline constexpr uint64_t address_space_limit = 512ull << 20;

// Caps the address space of this process and of what it forks.
Status limit_memory();

// Allows the system calls that the daemon and its canary make, on this
// architecture only. Every other answers ENOSYS, never EPERM: a canary whose
// act met this filter must not look like one that a rule denied. Needs
// no_new_privs, holds for children, and cannot be undone.
Status filter_system_calls();

}  // namespace aegis
