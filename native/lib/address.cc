// SPDX-License-Identifier: Apache-2.0
#include "lib/address.h"

#include <arpa/inet.h>

#include <cstring>
#include <string>

namespace aegis {

aegis_address Address::mapped() const {
  aegis_address address{};
  if (bits == 32) {
    address.words[2] = htonl(0xffff);
    std::memcpy(&address.words[3], bytes, 4);
  } else {
    std::memcpy(&address, bytes, sizeof address);
  }
  return address;
}

std::optional<Address> parse_address(std::string_view text) {
  const std::string terminated(text);
  Address address{};
  if (::inet_pton(AF_INET, terminated.c_str(), address.bytes) == 1)
    address.bits = 32;
  else if (::inet_pton(AF_INET6, terminated.c_str(), address.bytes) == 1)
    address.bits = 128;
  else
    return std::nullopt;
  return address;
}

}  // namespace aegis
