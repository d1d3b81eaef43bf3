// SPDX-License-Identifier: Apache-2.0
#include "lib/policy_network.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>

#include <cstring>

#include "lib/address.h"

using namespace aegis;

namespace {

ResolvedPolicy resolve(const std::string& body) {
  const auto policy = parse_policy("version=1\n" + body, "p");
  REQUIRE(policy);
  ResolvedPolicy resolved;
  resolve_network(*policy, resolved);
  return resolved;
}

std::string text_of(const aegis_address& address) {
  char text[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(AF_INET6, &address, text, sizeof text);
  return text;
}

}  // namespace

TEST_CASE("IPv4 and the v4-mapped form of it are one key") {
  const auto resolved = resolve("[deny_ip]\n192.0.2.1\n::ffff:192.0.2.1\n2001:db8::1\n");
  REQUIRE(resolved.addresses.keys.size() == 3);
  CHECK(text_of(resolved.addresses.keys[0]) == "::ffff:192.0.2.1");
  CHECK(std::memcmp(&resolved.addresses.keys[0], &resolved.addresses.keys[1], sizeof(aegis_address)) == 0);
  CHECK(text_of(resolved.addresses.keys[2]) == "2001:db8::1");
}

TEST_CASE("prefixes count from the top of the mapped form") {
  const auto resolved = resolve("[deny_cidr]\n10.0.0.0/8\n0.0.0.0/0\n2001:db8::/32\n::/0\n");
  REQUIRE(resolved.networks.keys.size() == 4);
  CHECK(resolved.networks.keys[0].prefix_bits == 104);
  CHECK(text_of(resolved.networks.keys[0].address) == "::ffff:10.0.0.0");
  CHECK(resolved.networks.keys[1].prefix_bits == 96);
  CHECK(resolved.networks.keys[2].prefix_bits == 32);
  CHECK(resolved.networks.keys[3].prefix_bits == 0);
}

TEST_CASE("a port is one key for each protocol and direction it is denied for") {
  CHECK(resolve("[deny_port]\n22\n").ports.keys.size() == 6);
  CHECK(resolve("[deny_port]\n22:any:both\n").ports.keys.size() == 6);
  CHECK(resolve("[deny_port]\n22:tcp\n").ports.keys.size() == 2);
  CHECK(resolve("[deny_port]\n22:any:bind\n").ports.keys.size() == 3);
  const auto one = resolve("[deny_port]\n53:udp:egress\n");
  REQUIRE(one.ports.keys.size() == 1);
  CHECK(one.ports.keys[0].port == 53);
  CHECK(one.ports.keys[0].protocol == AEGIS_PROTOCOL_UDP);
  CHECK(one.ports.keys[0].direction == AEGIS_DIRECTION_EGRESS);
  CHECK(one.ports.rules[0].offset == std::strlen("version=1\n[deny_port]\n"));
}

TEST_CASE("an address with a port, in both families") {
  const auto resolved = resolve("[deny_ip_port]\n192.0.2.1:443:tcp\n[2001:db8::1]:8443\n");
  REQUIRE(resolved.endpoints.keys.size() == 1 + 3);
  CHECK(text_of(resolved.endpoints.keys[0].address) == "::ffff:192.0.2.1");
  CHECK(resolved.endpoints.keys[0].port == 443);
  CHECK(resolved.endpoints.keys[0].protocol == AEGIS_PROTOCOL_TCP);
  CHECK(text_of(resolved.endpoints.keys[1].address) == "2001:db8::1");
  CHECK(resolved.endpoints.keys[3].port == 8443);
}

TEST_CASE("what is no address is none") {
  for (const char* text : {"", "1.2.3", "1.2.3.4.5", "01.2.3.4", "::1::", "fe80::1%lo", "localhost"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_address(text));
  }
}
