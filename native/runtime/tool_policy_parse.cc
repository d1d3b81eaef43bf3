// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <utility>

#include "tool_policy.h"

namespace aegis::runtime {

namespace {

constexpr std::array sections = {"deny_path", "deny_inode",  "deny_comm",       "deny_exec_path", "deny_ip",
                                 "deny_cidr", "deny_port",   "deny_ip_port",    "deny_ptrace",    "deny_module_load",
                                 "deny_bpf",  "allow_cgroup", "tool"};

struct Word {
  std::string_view text;
  std::size_t column;  // from 1
};

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::optional<Action> action_of(std::string_view word) {
  for (const Action action : {Action::allow, Action::deny, Action::pending, Action::redact})
    if (word == word_of(action)) return action;
  return std::nullopt;
}

// Bytes as RFC 3629 allows them: no overlong forms, no surrogates, nothing beyond U+10FFFF.
bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t more = lead < 0x80 ? 0 : lead >> 5 == 6 ? 1 : lead >> 4 == 14 ? 2 : lead >> 3 == 30 ? 3 : 4;
    if (more == 4 || at + more >= text.size()) return false;
    unsigned code = more == 0 ? lead : lead & (0x3f >> more);
    for (std::size_t i = 1; i <= more; ++i) {
      const auto byte = static_cast<unsigned char>(text[at + i]);
      if (byte >> 6 != 2) return false;
      code = code << 6 | (byte & 0x3f);
    }
    constexpr std::array<unsigned, 4> least = {0, 0x80, 0x800, 0x10000};
    if (code < least[more] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return false;
    at += more + 1;
  }
  return true;
}

std::optional<PolicyError> parse_header(std::string_view line, std::size_t number) {
  constexpr std::string_view prefix = "version=";
  if (!line.starts_with(prefix))
    return PolicyError{number, 1, "the file must begin with \"version=N\" (1 to 6)"};
  const std::string_view version = line.substr(prefix.size());
  if (version.size() != 1 || version[0] < '1' || version[0] > '6')
    return PolicyError{number, prefix.size() + 1, "unknown version \"" + std::string(version.substr(0, 16)) +
                                                      "\"; this build reads 1 to 6"};
  return std::nullopt;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::vector<Word> split(std::string_view line, std::string& reason) {
  std::vector<Word> words;
  for (std::size_t at = 0; at < line.size();) {
    if (is_blank(line[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < line.size() && !is_blank(line[end])) ++end;
    const std::string_view word = line.substr(at, end - at);
    if (word[0] == '#') break;
    if (word == ":") {
      reason = trim(line.substr(end));
      break;
    }
    words.push_back({word, at + 1});
    at = end;
  }
  return words;
}

}  // namespace

std::optional<PolicyError> parse_tool_line(std::string_view line, std::size_t number, ToolPolicy& policy) {
  Rule rule;
  rule.line = number;
  const std::vector<Word> words = split(line, rule.reason);
  if (words.empty()) return std::nullopt;
  const auto error = [&](const Word& word, std::string message) {
    return PolicyError{number, word.column, std::move(message)};
  };

  if (words[0].text == "default") {
    if (policy.default_action()) return error(words[0], "a second default; keep one");
    const auto action = words.size() == 2 ? action_of(words[1].text) : std::nullopt;
    if (!action || *action == Action::redact)
      return error(words[0], "write \"default allow\", \"default deny\" or \"default pending\"");
    policy.set_default(*action, number);
    return std::nullopt;
  }

  const auto action = action_of(words[0].text);
  if (!action)
    return error(words[0], "unknown action \"" + std::string(words[0].text.substr(0, 32)) +
                               "\"; use allow, deny, pending, redact or default");
  if (words.size() < 2) return error(words[0], "the tool's name (a glob) is missing after the action");
  rule.action = *action;
  rule.name_glob = words[1].text;

  bool masks = false;
  for (std::size_t i = 2; i < words.size(); ++i) {
    const Word& word = words[i];
    if (word.text == "mask") {
      if (rule.action != Action::redact) return error(word, "only a redact rule has a mask");
      if (masks) return error(word, "a second \"mask\"; list all paths after the first");
      masks = true;
    } else if (masks) {
      if (!parse_path(word.text, rule.masks.emplace_back()))
        return error(word, "not an argument path; write it as a JSON pointer such as /headers/*");
    } else {
      const std::size_t equals = word.text.find('=');
      Condition condition;
      if (equals == std::string_view::npos || !parse_path(word.text.substr(0, equals), condition.path))
        return error(word, "not a condition; write PATH=GLOB, such as /path=/srv/data/**");
      condition.value_glob = word.text.substr(equals + 1);
      rule.conditions.push_back(std::move(condition));
    }
  }
  if (rule.action == Action::redact && rule.masks.empty())
    return error(words[0], "a redact rule needs \"mask PATH...\": what is to be hidden");
  if (policy.rule_count() == max_tool_rules)
    return error(words[0], "more than " + std::to_string(max_tool_rules) + " tool rules");
  policy.add(std::move(rule));
  return std::nullopt;
}

std::optional<PolicyError> parse_tool_policy(std::string_view file, ToolPolicy& policy) {
  if (file.size() > max_policy_bytes) return PolicyError{0, 0, "the file is larger than 16 MiB"};
  ToolPolicy fresh;
  bool has_header = false, has_section = false, in_tools = false;
  std::size_t number = 0;
  while (!file.empty()) {
    const std::size_t end = std::min(file.find('\n'), file.size());
    std::string_view line = file.substr(0, end);
    file.remove_prefix(std::min(end + 1, file.size()));
    ++number;
    if (line.size() > max_policy_line) return PolicyError{number, max_policy_line + 1, "the line is longer than 4096 bytes"};
    if (const auto nul = line.find('\0'); nul != std::string_view::npos)
      return PolicyError{number, nul + 1, "a NUL byte"};
    if (!is_utf8(line)) return PolicyError{number, 1, "not UTF-8"};
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    const std::string_view text = trim(line);
    if (text.empty() || text[0] == '#') continue;
    if (!has_header) {
      if (auto error = parse_header(text, number)) return error;
      has_header = true;
    } else if (text.starts_with("version=")) {
      return PolicyError{number, 1, "a second version header"};
    } else if (text[0] == '[') {
      const std::string_view name = text.back() == ']' ? text.substr(1, text.size() - 2) : std::string_view{};
      if (std::find(sections.begin(), sections.end(), name) == sections.end())
        return PolicyError{number, 1, "unknown section \"" + std::string(text.substr(0, 64)) + "\""};
      in_tools = name == "tool";
      has_section |= in_tools;
    } else if (in_tools) {
      if (auto error = parse_tool_line(line, number, fresh)) return error;
    }
  }
  if (!has_header) return PolicyError{0, 0, "the file is empty; it must begin with \"version=N\""};
  if (!has_section) return PolicyError{0, 0, "there is no [tool] section"};
  if (!fresh.default_action())
    return PolicyError{0, 0, "the [tool] section has no default; add \"default deny\" (or allow, or pending)"};
  policy = std::move(fresh);
  return std::nullopt;
}

}  // namespace aegis::runtime
