// SPDX-License-Identifier: Apache-2.0
// Looks kernel functions up in BTF in one pass over the raw bytes. The general
// parser indexes every type and then searches once a name; at the start of the
// agent that would be the largest single cost.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "lib/result.h"

namespace aegis {

struct KernelFunction {
  uint32_t id = 0;          // BTF type id
  uint32_t parameters = 0;  // how many the prototype has
};

using KernelFunctions = std::map<std::string, KernelFunction, std::less<>>;

// Those of `wanted` that the kernel has. `path` is a BTF blob such as /sys/kernel/btf/vmlinux.
Result<KernelFunctions> find_kernel_functions(const std::string& path, const std::set<std::string, std::less<>>& wanted);

// The same over bytes in memory; refuses malformed input.
Result<KernelFunctions> find_functions_in_btf(const uint8_t* data, size_t size,
                                              const std::set<std::string, std::less<>>& wanted);

}  // namespace aegis
