// SPDX-License-Identifier: Apache-2.0
// Internet addresses as text, and as the programs look them up.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "aegis.h"

namespace aegis {

struct Address {
  uint8_t bytes[16];
  unsigned bits;  // 32 or 128

  // IPv4 as ::ffff:a.b.c.d, so that one table serves both families.
  aegis_address mapped() const;
  // Bits in front of the address in its mapped form.
  unsigned mapped_prefix() const { return 128 - bits; }
};

// 192.0.2.1 or 2001:db8::1; nothing when it is neither.
std::optional<Address> parse_address(std::string_view text);

}  // namespace aegis
