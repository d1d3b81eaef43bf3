// SPDX-License-Identifier: Apache-2.0
// What the programs need of the kernel's BTF: the ids of the functions they
// attach to, and the layout of the few structures they read. Taken in one pass
// over the raw bytes and kept for the rest of the boot, because reading and
// indexing five megabytes of types would be the largest cost of a start.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "lib/result.h"

namespace aegis {

struct KernelFunction {
  uint32_t id = 0;          // BTF type id
  uint32_t parameters = 0;  // how many the prototype has
};

using KernelFunctions = std::map<std::string, KernelFunction, std::less<>>;

using Names = std::set<std::string, std::less<>>;
using Numbers = std::map<std::string, uint32_t, std::less<>>;

// What to look for: functions (and btf_trace_ typedefs) by name, structures by
// name with the members that are read, structures whose id is wanted, and
// enumerations by name with the values that are.
struct WantedTypes {
  Names functions;
  std::map<std::string, Names, std::less<>> structures;
  Names structure_ids;
  std::map<std::string, Names, std::less<>> enumerations;
};

struct KernelTypes {
  KernelFunctions functions;
  Numbers structure_ids;  // BTF type id by name
  Numbers enumerators;    // value by name; absent where the kernel has no such value
  std::string btf;        // a BTF blob with just the wanted structures, for relocation
};

// `blob` is BTF as in /sys/kernel/btf/vmlinux; malformed input is an error.
Result<KernelTypes> find_kernel_types(std::string_view blob, const WantedTypes& wanted);

// The same from `path`, or from the cache in `cache_file` ("" for no cache). A
// cache that does not parse is ignored and written anew.
Result<KernelTypes> load_kernel_types(const std::string& path, const std::string& cache_file,
                                      const WantedTypes& wanted);

}  // namespace aegis
