// SPDX-License-Identifier: Apache-2.0
#include "lib/policy_entry.h"

#include <algorithm>
#include <climits>
#include <cstring>

#include "aegis.h"
#include "lib/address.h"
#include "lib/text.h"

namespace aegis {
namespace {

using Fault = std::optional<EntryFault>;

Fault check_path(std::string_view text) {
  if (text.front() != '/') return EntryFault{0, "the path is not absolute", "Write it from the root: /..."};
  if (text.size() >= PATH_MAX)
    return EntryFault{0, "the path is longer than the kernel takes", "Use at most 4095 bytes"};
  return std::nullopt;
}

Fault check_inode(std::string_view text) {
  const auto colon = text.find(':');
  const std::string way_out = "Write it as `stat -c %d:%i FILE` prints it";
  if (colon == std::string_view::npos) return EntryFault{0, "not of the form dev:ino", way_out};
  if (!parse_decimal(text.substr(0, colon), UINT64_MAX))
    return EntryFault{0, "the device is not a decimal number", way_out};
  const auto ino = parse_decimal(text.substr(colon + 1), UINT64_MAX);
  if (!ino || *ino == 0) return EntryFault{colon + 1, "the inode is not a positive decimal number", way_out};
  return std::nullopt;
}

Fault check_comm(std::string_view text) {
  const auto bad = text.find_first_of("/ \t");
  if (bad != std::string_view::npos)
    return EntryFault{bad, "a command name has no slash and no space",
                      "Give the base name, or the whole path under [deny_exec_path]"};
  if (text.size() >= AEGIS_COMM_BYTES)
    return EntryFault{AEGIS_COMM_BYTES - 1, "the command name is longer than 15 bytes",
                      "Use [deny_exec_path], which has no such limit"};
  return std::nullopt;
}

Fault check_ip(std::string_view text) {
  if (!parse_address(text)) return EntryFault{0, "not an IPv4 or IPv6 address", "Write 192.0.2.1 or 2001:db8::1"};
  return std::nullopt;
}

Fault check_cidr(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos)
    return EntryFault{text.size(), "no prefix length", "Write 192.0.2.0/24, or use [deny_ip]"};
  const auto address = parse_address(text.substr(0, slash));
  if (!address) return EntryFault{0, "not an IPv4 or IPv6 network", "Write 192.0.2.0/24 or 2001:db8::/32"};
  const unsigned bits = address->bits;
  const auto prefix = parse_decimal(text.substr(slash + 1), bits);
  if (!prefix)
    return EntryFault{slash + 1, "the prefix length is not a number from 0 to " + std::to_string(bits),
                      "Correct the prefix length"};
  for (unsigned bit = static_cast<unsigned>(*prefix); bit < bits; bit++)
    if (address->bytes[bit / 8] & (0x80 >> (bit % 8)))
      return EntryFault{0, "bits are set beyond the prefix", "Write the network's first address, or a longer prefix"};
  return std::nullopt;
}

Fault check_protocol(std::string_view text, size_t at) {
  if (text == "any" || text == "tcp" || text == "udp") return std::nullopt;
  return EntryFault{at, "unknown protocol", "Use tcp, udp or any"};
}

Fault check_port_number(std::string_view text, size_t at) {
  const auto port = parse_decimal(text, 65535);
  if (port && *port > 0) return std::nullopt;
  return EntryFault{at, "the port is not a number from 1 to 65535", "Correct the port"};
}

// port[:tcp|udp|any[:egress|bind|both]]
Fault check_port(std::string_view text) {
  const auto parts = split(text, ':');
  if (parts.size() > 3) return EntryFault{0, "too many fields", "Write port[:protocol[:direction]]"};
  if (auto fault = check_port_number(parts[0], 0)) return fault;
  size_t at = parts[0].size() + 1;
  if (parts.size() > 1) {
    if (auto fault = check_protocol(parts[1], at)) return fault;
    at += parts[1].size() + 1;
  }
  if (parts.size() > 2 && parts[2] != "egress" && parts[2] != "bind" && parts[2] != "both")
    return EntryFault{at, "unknown direction", "Use egress, bind or both"};
  return std::nullopt;
}

// 192.0.2.1:port[:protocol] or [2001:db8::1]:port[:protocol]
Fault check_ip_port(std::string_view text) {
  const std::string way_out = "Write 192.0.2.1:443 or [2001:db8::1]:443, then :tcp or :udp if wanted";
  const bool bracketed = text.front() == '[';
  const auto end = text.find(bracketed ? ']' : ':');
  if (end == std::string_view::npos) return EntryFault{0, "no port", way_out};
  const auto address = bracketed ? text.substr(1, end - 1) : text.substr(0, end);
  const auto parsed = parse_address(address);
  if (!parsed || parsed->bits != (bracketed ? 128u : 32u)) return EntryFault{0, "not an address", way_out};
  const size_t colon = bracketed ? end + 1 : end;
  if (colon >= text.size() || text[colon] != ':') return EntryFault{colon, "no port", way_out};
  const auto parts = split(text.substr(colon + 1), ':');
  if (parts.size() > 2) return EntryFault{colon + 1, "too many fields", way_out};
  if (auto fault = check_port_number(parts[0], colon + 1)) return fault;
  if (parts.size() > 1) return check_protocol(parts[1], colon + 2 + parts[0].size());
  return std::nullopt;
}

Fault check_cgroup(std::string_view text) {
  if (text.starts_with("cgid:")) {
    const auto id = parse_decimal(text.substr(5), UINT64_MAX);
    if (id && *id > 0) return std::nullopt;
    return EntryFault{5, "the cgroup id is not a positive number", "Write cgid:NUMBER"};
  }
  return check_path(text);
}

}  // namespace

bool is_flag_section(Section section) {
  return section == Section::deny_ptrace || section == Section::deny_module_load || section == Section::deny_bpf;
}

std::optional<EntryFault> check_entry(Section section, std::string_view text) {
  switch (section) {
    case Section::deny_path:
    case Section::deny_exec_path:
      return check_path(text);
    case Section::deny_inode:
      return check_inode(text);
    case Section::deny_comm:
      return check_comm(text);
    case Section::deny_ip:
      return check_ip(text);
    case Section::deny_cidr:
      return check_cidr(text);
    case Section::deny_port:
      return check_port(text);
    case Section::deny_ip_port:
      return check_ip_port(text);
    case Section::allow_cgroup:
      return check_cgroup(text);
    case Section::tool:
      return std::nullopt;  // judged by the pre-execution check itself
    case Section::deny_ptrace:
    case Section::deny_module_load:
    case Section::deny_bpf:
      return EntryFault{0, "this section is a flag and takes no entries", "Remove the line"};
    case Section::count:
      break;
  }
  return EntryFault{0, "unknown section", ""};
}

}  // namespace aegis
