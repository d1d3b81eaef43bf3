// SPDX-License-Identifier: Apache-2.0
// Text and small files: what several parsers here need.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/result.h"

namespace aegis {

// Spaces and tabs off both ends.
std::string_view trim(std::string_view text);

std::vector<std::string_view> split(std::string_view text, char separator);

// Decimal digits only (no sign, no space), at most `maximum`.
std::optional<uint64_t> parse_decimal(std::string_view text, uint64_t maximum);

// Byte offset of the first byte that is not well-formed UTF-8 (RFC 3629), or nothing.
std::optional<size_t> find_invalid_utf8(std::string_view text);

std::string to_hex(const uint8_t* bytes, size_t length);

// The nearest of `known` to a mistyped word, or "" when none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& known);

// Whole content of a file, at most `limit` bytes; larger is an error.
Result<std::string> read_file(const std::string& path, size_t limit);

// Writes by temporary file, fsync and rename in the same directory, so that a
// reader sees the old whole or the new whole. `durable` false leaves out fsync.
Status write_file_atomically(const std::string& path, std::string_view content, unsigned mode, bool durable = true);

}  // namespace aegis
