// SPDX-License-Identifier: Apache-2.0
// Directories on bpffs.
#pragma once

#include <string>
#include <vector>

#include "lib/result.h"

namespace aegis {

// Creates the directory and its parents, 0700.
Status make_pin_directory(const std::string& path);

// Names in a directory, sorted.
Result<std::vector<std::string>> list_pins(const std::string& path);

// Removes a directory and everything below it; one that is not there is no error.
Status remove_pin_directory(const std::string& path);

}  // namespace aegis
