// SPDX-License-Identifier: Apache-2.0
// Which programs of the object are loaded for a rung, and the loading itself.
#pragma once

#include <optional>
#include <string_view>

#include "lib/attachment.h"

namespace aegis {

// The hook a program belongs to, by its name: <mechanism>_<hook> or
// backstop_<hook>, with _enter, _exit and _perf behind it aside.
std::optional<size_t> hook_of_program(std::string_view program, Mechanism mechanism);

// Whether it is one of those that guard against preemption; see preemption.h.
bool is_guard(std::string_view program);

// Marks the wanted programs for loading and tells them of this kernel's
// prototypes. A required hook whose function is missing is an error.
Status choose_programs(bpf_object* object, const KernelTypes& types, const AttachRequest& request, HookStates& hooks);

// Loads what was chosen.
Status load_programs(bpf_object* object, const KernelTypes& types);

}  // namespace aegis
