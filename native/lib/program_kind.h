// SPDX-License-Identifier: Apache-2.0
// The kinds of programs in the object, told apart by the section they are in,
// and how each is loaded and attached.
#pragma once

#include <string>

#include "lib/kernel_btf.h"
#include "lib/result.h"
#include "lib/unique_fd.h"

struct bpf_program;
struct bpf_object;

namespace aegis {

// The functions of the kernel that the programs call themselves.
Names called_functions();

// Makes libbpf take attach targets from KernelTypes instead of indexing the
// kernel's whole BTF. Once a process, before the first object is opened.
Status register_program_kinds();

// What a program attaches to: its name in BTF, or that of a tracepoint.
std::string target_of(const bpf_program* program);

// Whether it attaches to something that has a name in BTF.
bool has_btf_target(const bpf_program* program);

// Loads the programs that are marked for it; a negated errno on failure.
int load_with_types(bpf_object* object, const KernelTypes& types);

// Attaches a loaded program and answers its link; no descriptor, and errno, on failure.
UniqueFd link_program(const bpf_program* program);

}  // namespace aegis
