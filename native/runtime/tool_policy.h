// SPDX-License-Identifier: Apache-2.0
// The `[tool]` section of a policy file: which tool calls an agent may make.
//
//   [tool]
//   default deny
//   deny    shell.*                                       : no shells for agents
//   allow   fs.read       /path=/srv/data/**
//   redact  mail.send     mask /headers/authorization /attachments/*/secret
//   pending payments.send /amount=* : somebody looks at each payment
//
// One rule a line: ACTION NAME-GLOB [PATH=VALUE-GLOB]... [mask PATH...] [: REASON]. The first rule whose name and
// conditions all match decides; `default` decides the rest and has to be written.
#pragma once

#include <cstddef>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "../lib/policy.h"
#include "argument_path.h"

namespace aegis::runtime {

enum class Action { allow, deny, pending, redact };
std::string_view word_of(Action action);

struct Condition {
  ArgumentPath path;
  std::string value_glob;
};

struct Rule {
  Action action = Action::deny;
  std::string name_glob;
  std::vector<Condition> conditions;
  std::vector<ArgumentPath> masks;  // of `redact` only
  std::string reason;
  std::size_t line = 0;  // in the policy file, from 1; 0 is the built-in answer
};

struct Decision {
  Action action = Action::deny;
  std::string reason;
  std::size_t line = 0;
  std::vector<std::string> redact;  // JSON pointers, each present in the arguments asked about
  bool undecided = false;           // the arguments are beyond what can be judged in bounded time
};

class ToolPolicy {
 public:
  // Rules are looked up by exact name first, so that a policy of many exact names stays flat.
  void add(Rule rule);
  void set_default(Action action, std::size_t line);

  Decision decide(std::string_view tool, const nlohmann::json& args) const;

  std::size_t rule_count() const { return rules_.size(); }
  std::optional<Action> default_action() const { return default_; }
  std::size_t default_line() const { return default_line_; }

 private:
  std::optional<Decision> apply(const Rule& rule, const nlohmann::json& args, std::size_t& budget) const;

  std::vector<Rule> rules_;
  std::unordered_map<std::string, std::vector<std::size_t>> exact_;
  // What a glob begins with rules most of them out, without a look at the rule.
  struct Glob {
    std::string prefix;
    std::size_t rule;
  };
  std::vector<Glob> globs_;
  std::optional<Action> default_;
  std::size_t default_line_ = 0;
};

inline constexpr std::size_t max_tool_rules = 100'000;

// The rules of a parsed policy's `[tool]` section. `file` names the source in errors, each of which says its place.
Result<ToolPolicy> read_tool_policy(const Policy& policy, const std::string& file);

// The same from a policy file's whole text.
Result<ToolPolicy> parse_tool_policy(std::string_view text, const std::string& file);

}  // namespace aegis::runtime
