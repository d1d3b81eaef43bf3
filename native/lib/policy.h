// SPDX-License-Identifier: Apache-2.0
// The policy as written: sections, entries and where each stood. Parsing says
// nothing about the machine; resolving (policy_resolve.h) does.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/result.h"

namespace aegis {

enum class Section {
  deny_path,
  deny_inode,
  deny_comm,
  deny_exec_path,
  deny_ip,
  deny_cidr,
  deny_port,
  deny_ip_port,
  deny_ptrace,
  deny_module_load,
  deny_bpf,
  allow_cgroup,
  tool,
  count
};
inline constexpr size_t section_count = static_cast<size_t>(Section::count);

// Limits, stated here and tested.
inline constexpr size_t max_policy_bytes = 64u << 20;
inline constexpr size_t max_line_bytes = 4096;
inline constexpr size_t max_entries_per_section = 1'000'000;
inline constexpr unsigned max_policy_version = 6;

struct Entry {
  std::string text;
  uint32_t line = 0;    // from 1
  uint32_t column = 0;  // in bytes, from 1
  uint32_t offset = 0;  // of the entry's first byte in the file
};

struct Policy {
  unsigned version = 0;
  // A flag section (deny_ptrace and the like) that is present has one entry, its header.
  std::array<std::vector<Entry>, section_count> sections;
  std::string source;  // the file as read; events refer to it by offset

  const std::vector<Entry>& entries(Section section) const { return sections[static_cast<size_t>(section)]; }
};

const char* section_name(Section section);

// A policy error with its place: "cannot apply FILE: line L, column C: cause".
Error policy_error(const std::string& file, uint32_t line, uint32_t column, const std::string& cause,
                   std::string way_out);

// Parses a whole policy; the first error refuses all of it. `file` only names
// the source in errors.
Result<Policy> parse_policy(std::string_view text, const std::string& file);

// The enforcement class (enum aegis_class) whose rules a section holds, if any.
std::optional<size_t> class_of(Section section);

}  // namespace aegis
