// SPDX-License-Identifier: Apache-2.0
// SHA-256 (FIPS 180-4). Own code, because a static libcrypto would be larger
// than the whole agent; checked against the standard's vectors.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/result.h"

namespace aegis {

using Digest = std::array<uint8_t, 32>;

Digest sha256(std::string_view data);
std::string sha256_hex(std::string_view data);

// Digest of a file, mapped rather than read into the heap.
Result<std::string> sha256_file_hex(const std::string& path);

}  // namespace aegis
