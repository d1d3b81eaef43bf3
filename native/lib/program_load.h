// SPDX-License-Identifier: Apache-2.0
// Which programs of the object are loaded for a rung, and the loading itself.
#pragma once

#include <optional>
#include <string_view>

#include "lib/attachment.h"

namespace aegis {

// Makes libbpf take attach targets from KernelTypes instead of indexing the
// kernel's whole BTF. Once a process, before the first object is opened.
Status register_program_kinds();

// The hook a program belongs to, by its name: <mechanism>_<hook>.
std::optional<size_t> hook_of_program(std::string_view program, Mechanism mechanism);

// Marks the wanted programs for loading and tells them of this kernel's
// prototypes. A required hook whose function is missing is an error.
Status choose_programs(bpf_object* object, const KernelTypes& types, const AttachRequest& request, HookStates& hooks);

// Loads what was chosen.
Status load_programs(bpf_object* object, const KernelTypes& types);

}  // namespace aegis
