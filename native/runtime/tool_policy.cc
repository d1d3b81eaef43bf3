// SPDX-License-Identifier: Apache-2.0
#include "tool_policy.h"

#include <algorithm>

#include "../lib/wire_json.h"
#include "glob.h"

namespace aegis::runtime {

namespace {

using nlohmann::json;

// What one question may cost, so that no agent can make the runtime slow for the others: values looked at under one
// path, and byte comparisons in all (some milliseconds).
constexpr std::size_t max_places = 4096;
constexpr std::size_t comparison_budget = 4'000'000;
constexpr std::size_t place_cost = 64;

constexpr std::string_view wildcards = "*?";

bool has_wildcard(std::string_view glob) { return glob.find_first_of(wildcards) != std::string_view::npos; }

bool spend(std::size_t& budget, std::size_t cost) {
  if (budget < cost) {
    budget = 0;
    return false;
  }
  budget -= cost;
  return true;
}

// A string is compared as it is, anything else as compact JSON. False, too, when the budget is used up.
bool value_matches(const Condition& condition, const json& value, bool is_allow, std::size_t& budget) {
  const std::string rendered = value.is_string() ? std::string() : wire::dump_json(value);
  const std::string& text = value.is_string() ? value.get_ref<const std::string&>() : rendered;
  const std::string& glob = condition.value_glob;
  if (!spend(budget, place_cost + text.size() * (has_wildcard(glob) ? glob.size() : 1))) return false;
  // "/srv/data/../../etc/shadow" must not pass for something below /srv/data.
  if (is_allow && glob.find('/') != std::string::npos && has_dot_segment(text)) return false;
  return has_wildcard(glob) ? matches_value(glob, text) : glob == text;
}

Decision undecided(const Rule& rule) {
  return Decision{Action::deny, "the arguments are too large to be judged", rule.line, {}, true};
}

}  // namespace

std::string_view word_of(Action action) {
  switch (action) {
    case Action::allow: return "allow";
    case Action::deny: return "deny";
    case Action::pending: return "pending";
    case Action::redact: return "redact";
  }
  return "error";
}

void ToolPolicy::add(Rule rule) {
  const std::size_t index = rules_.size();
  const std::size_t wildcard = rule.name_glob.find_first_of(wildcards);
  if (wildcard != std::string::npos) globs_.push_back({rule.name_glob.substr(0, wildcard), index});
  else exact_[rule.name_glob].push_back(index);
  rules_.push_back(std::move(rule));
}

void ToolPolicy::set_default(Action action, std::size_t line) {
  default_ = action;
  default_line_ = line;
}

std::optional<Decision> ToolPolicy::apply(const Rule& rule, const json& args, std::size_t& budget) const {
  bool overflow = false;
  const bool is_allow = rule.action == Action::allow;
  for (const Condition& condition : rule.conditions) {
    const auto places = locate(condition.path, args, max_places, overflow);
    const auto matches = [&](const Located& place) {
      return value_matches(condition, *place.value, is_allow, budget);
    };
    // What widens must hold for every value; what narrows is met by any one of them.
    const bool holds = is_allow ? !places.empty() && std::all_of(places.begin(), places.end(), matches)
                                : std::any_of(places.begin(), places.end(), matches);
    if (overflow || budget == 0) return undecided(rule);
    if (!holds) return std::nullopt;
  }
  Decision decision{rule.action, rule.reason, rule.line, {}, false};
  for (const ArgumentPath& mask : rule.masks) {
    const auto places = locate(mask, args, max_places, overflow);
    if (overflow || !spend(budget, places.size() * place_cost)) return undecided(rule);
    for (const Located& place : places) decision.redact.push_back(place.pointer);
  }
  // Nothing to hide in this call: what is left of "allow with redactions" is allow.
  if (decision.action == Action::redact && decision.redact.empty()) decision.action = Action::allow;
  return decision;
}

Decision ToolPolicy::decide(std::string_view tool, const json& args) const {
  static const std::vector<std::size_t> none;
  const auto found = exact_.find(std::string(tool));
  const std::vector<std::size_t>& exact = found == exact_.end() ? none : found->second;
  std::size_t budget = comparison_budget;
  // Both lists are in file order; walking them together keeps "first match wins" across them.
  auto e = exact.begin();
  for (auto g = globs_.begin();; ++g) {
    while (g != globs_.end() && !tool.starts_with(g->prefix)) ++g;
    const std::size_t next_glob = g == globs_.end() ? rules_.size() : g->rule;
    for (; e != exact.end() && *e < next_glob; ++e)
      if (auto decision = apply(rules_[*e], args, budget)) return *decision;
    if (g == globs_.end()) break;
    if (!matches_name(rules_[g->rule].name_glob, tool)) continue;
    if (auto decision = apply(rules_[g->rule], args, budget)) return *decision;
  }
  return Decision{default_.value_or(Action::deny), "no rule matches; the policy's default", default_line_, {}, false};
}

}  // namespace aegis::runtime
