// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>

#include "aegis.h"
#include "lib/policy.h"
#include "lib/policy_entry.h"
#include "lib/text.h"

namespace aegis {
namespace {

constexpr const char* names[section_count] = {
    "deny_path",    "deny_inode",  "deny_comm",        "deny_exec_path", "deny_ip",      "deny_cidr", "deny_port",
    "deny_ip_port", "deny_ptrace", "deny_module_load", "deny_bpf",       "allow_cgroup", "tool"};

// A bracketed IPv6 address with a port begins like a section and goes on after the bracket.
bool is_header(std::string_view line) {
  return line.front() == '[' && (line.back() == ']' || line.find(']') == std::string_view::npos);
}

class Parser {
 public:
  Parser(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  Result<Policy> parse() {
    if (text_.size() > max_policy_bytes)
      return Error{"cannot apply " + file_ + ": larger than " + std::to_string(max_policy_bytes) + " bytes",
                   "Split the policy, or name networks instead of single addresses"};
    policy_.source = text_;
    size_t begin = 0;
    while (begin < text_.size() && !fault_) {
      const size_t end = std::min(text_.find('\n', begin), text_.size());
      line_++;
      start_ = begin;
      take_line(text_.substr(begin, end - begin));
      begin = end + 1;
    }
    if (!fault_ && !has_header_) {
      line_ = 1;
      refuse(0, "no version header", "Begin the file with version=1");
    }
    if (fault_) return *fault_;
    return std::move(policy_);
  }

 private:
  void refuse(size_t at, const std::string& cause, std::string way_out) {
    fault_ = policy_error(file_, line_, static_cast<uint32_t>(at + 1), cause, std::move(way_out));
  }

  void take_line(std::string_view raw) {
    if (raw.size() > max_line_bytes) return refuse(max_line_bytes, "the line is longer than 4096 bytes", "Shorten it");
    if (const auto nul = raw.find('\0'); nul != std::string_view::npos)
      return refuse(nul, "a NUL byte", "Save the file as plain UTF-8 text");
    if (const auto bad = find_invalid_utf8(raw))
      return refuse(*bad, "not valid UTF-8", "Save the file as plain UTF-8 text");
    if (raw.ends_with('\r')) raw.remove_suffix(1);
    const auto line = trim(raw);
    if (line.empty() || line.front() == '#') return;
    const auto at = static_cast<size_t>(line.data() - raw.data());
    if (line.starts_with("version=")) return take_header(line, at);
    if (!has_header_) return refuse(at, "the version header is not first", "Begin the file with version=1");
    if (is_header(line)) return take_section(line, at);
    take_entry(line, at);
  }

  void take_header(std::string_view line, size_t at) {
    if (has_header_) return refuse(at, "a second version header", "Keep the first one only");
    const auto version = parse_decimal(line.substr(8), 1'000'000);
    if (!version || *version < 1 || *version > max_policy_version)
      return refuse(at + 8, "unknown version", "This build reads versions 1 to 6");
    policy_.version = static_cast<unsigned>(*version);
    has_header_ = true;
  }

  void take_section(std::string_view line, size_t at) {
    if (!line.ends_with(']')) return refuse(at + line.size(), "the section is not closed", "Add ]");
    const auto name = line.substr(1, line.size() - 2);
    const auto* found = std::find(std::begin(names), std::end(names), name);
    if (found == std::end(names)) {
      const auto near = nearest(name, {std::begin(names), std::end(names)});
      return refuse(at + 1, "unknown section [" + std::string(name) + "]",
                    near.empty() ? "Remove it, or correct its name" : "Did you mean [" + near + "]?");
    }
    const auto index = static_cast<size_t>(found - std::begin(names));
    if (seen_[index]) return refuse(at + 1, "section [" + std::string(name) + "] begins twice", "Join the two");
    seen_[index] = true;
    section_ = static_cast<Section>(index);
    if (is_flag_section(*section_)) add(line, at);
  }

  void take_entry(std::string_view line, size_t at) {
    if (!section_) return refuse(at, "an entry before any section", "Put a section such as [deny_path] above it");
    if (const auto fault = check_entry(*section_, line)) return refuse(at + fault->at, fault->cause, fault->way_out);
    if (policy_.entries(*section_).size() >= max_entries_per_section)
      return refuse(at, "more than 1,000,000 entries in one section", "Name networks or move files together");
    add(line, at);
  }

  void add(std::string_view text, size_t at) {
    policy_.sections[static_cast<size_t>(*section_)].push_back(
        {std::string(text), line_, static_cast<uint32_t>(at + 1), static_cast<uint32_t>(start_ + at)});
  }

  std::string_view text_;
  const std::string& file_;
  Policy policy_;
  std::optional<Section> section_;
  std::array<bool, section_count> seen_{};
  std::optional<Error> fault_;
  size_t start_ = 0;
  uint32_t line_ = 0;
  bool has_header_ = false;
};

}  // namespace

const char* section_name(Section section) { return names[static_cast<size_t>(section)]; }

Error policy_error(const std::string& file, uint32_t line, uint32_t column, const std::string& cause,
                   std::string way_out) {
  return {
      "cannot apply " + file + ": line " + std::to_string(line) + ", column " + std::to_string(column) + ": " + cause,
      std::move(way_out)};
}

Result<Policy> parse_policy(std::string_view text, const std::string& file) { return Parser(text, file).parse(); }

std::optional<size_t> class_of(Section section) {
  switch (section) {
    case Section::deny_path:
    case Section::deny_inode:
      return AEGIS_CLASS_FILE;
    case Section::deny_comm:
    case Section::deny_exec_path:
      return AEGIS_CLASS_EXEC;
    case Section::deny_ip:
    case Section::deny_cidr:
    case Section::deny_port:
    case Section::deny_ip_port:
      return AEGIS_CLASS_NETWORK;
    case Section::deny_ptrace:
      return AEGIS_CLASS_PTRACE;
    case Section::deny_module_load:
      return AEGIS_CLASS_MODULE;
    case Section::deny_bpf:
      return AEGIS_CLASS_BPF;
    case Section::allow_cgroup:
    case Section::tool:
    case Section::count:
      break;
  }
  return std::nullopt;
}

}  // namespace aegis
