// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <utility>

#include "../lib/text.h"
#include "tool_policy.h"

namespace aegis::runtime {

namespace {

struct Word {
  std::string_view text;
  std::size_t at;  // byte in the line, from 0
};

// What is wrong with a line, and at which of its bytes.
struct Mistake {
  std::size_t at;  // from 0
  std::string cause;
};

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::optional<Action> action_of(std::string_view word) {
  for (const Action action : {Action::allow, Action::deny, Action::pending, Action::redact})
    if (word == word_of(action)) return action;
  return std::nullopt;
}

std::vector<Word> words_of(std::string_view line, std::string& reason) {
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
    words.push_back({word, at});
    at = end;
  }
  return words;
}

std::optional<Mistake> take_line(std::string_view line, std::size_t number, ToolPolicy& policy) {
  Rule rule;
  rule.line = number;
  const std::vector<Word> words = words_of(line, rule.reason);
  if (words.empty()) return Mistake{0, "the action is missing before the reason"};
  const auto error = [&](const Word& word, std::string cause) { return Mistake{word.at, std::move(cause)}; };

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

}  // namespace

Result<ToolPolicy> read_tool_policy(const Policy& policy, const std::string& file) {
  const auto& lines = policy.entries(Section::tool);
  ToolPolicy tools;
  for (const Entry& entry : lines)
    if (const auto mistake = take_line(entry.text, entry.line, tools))
      return policy_error(file, entry.line, static_cast<std::uint32_t>(entry.column + mistake->at), mistake->cause,
                          "Correct the line; nothing of the policy was applied");
  if (lines.empty())
    return Error{"cannot apply " + file + ": there is no [tool] section", "Add one, with a default"};
  if (!tools.default_action())
    return Error{"cannot apply " + file + ": the [tool] section has no default",
                 "Add \"default deny\" (or allow, or pending)"};
  return tools;
}

Result<ToolPolicy> parse_tool_policy(std::string_view text, const std::string& file) {
  const auto policy = parse_policy(text, file);
  if (!policy) return policy.error();
  return read_tool_policy(*policy, file);
}

}  // namespace aegis::runtime
