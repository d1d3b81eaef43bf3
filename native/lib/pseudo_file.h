// SPDX-License-Identifier: Apache-2.0
// Files of the kernel's own file systems, whether those are mounted or not.
#pragma once

#include <string>

#include "lib/result.h"

namespace aegis {

// Reads `path`, relative to the root of the file system named (debugfs,
// tracefs), through a mount that nobody else sees. Needs CAP_SYS_ADMIN; an
// error where the kernel lacks either, or lockdown refuses the file.
Result<std::string> read_pseudo_file(const char* filesystem, const std::string& path);

}  // namespace aegis
