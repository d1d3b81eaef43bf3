// SPDX-License-Identifier: Apache-2.0
#include "lib/policy_network.h"

#include "lib/address.h"
#include "lib/text.h"

namespace aegis {
namespace {

uint16_t port_of(std::string_view text) { return static_cast<uint16_t>(*parse_decimal(text, 65535)); }

// The protocols a word stands for. "any" includes those that are neither.
std::vector<uint8_t> protocols_of(std::string_view word) {
  if (word == "tcp") return {AEGIS_PROTOCOL_TCP};
  if (word == "udp") return {AEGIS_PROTOCOL_UDP};
  return {AEGIS_PROTOCOL_OTHER, AEGIS_PROTOCOL_TCP, AEGIS_PROTOCOL_UDP};
}

std::vector<uint8_t> directions_of(std::string_view word) {
  if (word == "egress") return {AEGIS_DIRECTION_EGRESS};
  if (word == "bind") return {AEGIS_DIRECTION_BIND};
  return {AEGIS_DIRECTION_EGRESS, AEGIS_DIRECTION_BIND};
}

void add_network(const Entry& entry, ResolvedPolicy& resolved) {
  const std::string_view text = entry.text;
  const auto slash = text.find('/');
  const auto address = *parse_address(text.substr(0, slash));
  const auto prefix = static_cast<uint32_t>(*parse_decimal(text.substr(slash + 1), 128));
  resolved.networks.add({address.mapped_prefix() + prefix, address.mapped()}, entry.offset);
}

// port[:protocol[:direction]]
void add_port(const Entry& entry, ResolvedPolicy& resolved) {
  const auto parts = split(entry.text, ':');
  for (const uint8_t protocol : protocols_of(parts.size() > 1 ? parts[1] : "any"))
    for (const uint8_t direction : directions_of(parts.size() > 2 ? parts[2] : "both"))
      resolved.ports.add({port_of(parts[0]), protocol, direction}, entry.offset);
}

// 192.0.2.1:port[:protocol] or [2001:db8::1]:port[:protocol]
void add_endpoint(const Entry& entry, ResolvedPolicy& resolved) {
  const std::string_view text = entry.text;
  const bool bracketed = text.front() == '[';
  const auto end = text.find(bracketed ? ']' : ':');
  const auto address = *parse_address(bracketed ? text.substr(1, end - 1) : text.substr(0, end));
  const auto parts = split(text.substr(bracketed ? end + 2 : end + 1), ':');
  for (const uint8_t protocol : protocols_of(parts.size() > 1 ? parts[1] : "any"))
    resolved.endpoints.add({address.mapped(), port_of(parts[0]), protocol, 0}, entry.offset);
}

}  // namespace

void resolve_network(const Policy& policy, ResolvedPolicy& resolved) {
  for (const auto& entry : policy.entries(Section::deny_ip))
    resolved.addresses.add(parse_address(entry.text)->mapped(), entry.offset);
  for (const auto& entry : policy.entries(Section::deny_cidr)) add_network(entry, resolved);
  for (const auto& entry : policy.entries(Section::deny_port)) add_port(entry, resolved);
  for (const auto& entry : policy.entries(Section::deny_ip_port)) add_endpoint(entry, resolved);
}

}  // namespace aegis
