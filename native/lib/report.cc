// SPDX-License-Identifier: Apache-2.0
#include "lib/report.h"

#include <sys/stat.h>

#include <ctime>
#include <nlohmann/json.hpp>

#include "lib/known_gaps.h"
#include "lib/text.h"

namespace aegis {
namespace {

using Json = nlohmann::ordered_json;

const char* signal_name(EnforceSignal signal) {
  switch (signal) {
    case EnforceSignal::kill:
      return "kill";
    case EnforceSignal::term:
      return "term";
    case EnforceSignal::none:
      break;
  }
  return "none";
}

const char* capability_of(const GateVerdict& verdict) {
  if (verdict.enforce_capable) return "Full";
  if (!verdict.audit_only) return "Fallback";
  return verdict.mechanism == Mechanism::none ? "Disabled" : "AuditOnly";
}

const Feeling* find_feeling(const Report& report, size_t hook) {
  for (const auto& feeling : report.canary.feelings)
    if (feeling.hook == hook) return &feeling;
  return nullptr;
}

Json hook_json(const Report& report, size_t index) {
  const HookState& state = report.hooks[index];
  const HookCounts& counts = report.counts[index];
  Json json = {{"class", hook_table[index].class_name()},
               {"required", hook_table[index].is_required},
               {"wanted", state.is_wanted},
               {"present", state.is_present},
               {"attached", state.is_attached},
               {"program_id", state.program_id},
               {"link_id", state.link_id}};
  const Feeling* feeling = find_feeling(report, index);
  json["felt"] = feeling == nullptr || !state.is_attached ? Json(nullptr) : Json(outcome_name(feeling->outcome));
  for (unsigned action = 0; action < AEGIS_ACTION_COUNT; action++)
    json["counts"][action_name(action)] = counts.actions[action];
  json["counts"]["lost"] = counts.lost;
  // Told where the kernel tells.
  if (report.skipped[index].own) json["counts"]["skipped"] = *report.skipped[index].own;
  if (report.skipped[index].guards) json["counts"]["guard_skipped"] = *report.skipped[index].guards;
  return json;
}

std::vector<std::string> class_list(ClassSet classes) {
  std::vector<std::string> names;
  for (size_t i = 0; i < class_names.size(); i++)
    if ((classes >> i & 1) != 0) names.emplace_back(class_names[i]);
  return names;
}

Json rules_json(const PolicyStanding& policy) {
  Json json = Json::object();
  for (size_t i = 0; i < class_names.size(); i++)
    if (policy.rules[i] > 0) json[class_names[i]] = policy.rules[i];
  return json;
}

bool is_complete(const Report& report, size_t rule_class) {
  if (report.verdict.mechanism == Mechanism::none) return false;
  const HookSet needed = required_hooks(report.verdict.mechanism, class_bit(rule_class));
  for (size_t i = 0; i < hook_table.size(); i++)
    if ((needed & hook_bit(i)) != 0 && !report.hooks[i].is_attached) return false;
  return true;
}

// Of each class the policy uses: by what means, how strong, what round it.
Json classes_json(const Report& report) {
  const GateVerdict& verdict = report.verdict;
  Json json = Json::object();
  for (size_t i = 0; i < class_names.size(); i++) {
    if ((served_classes(report.policy.classes) >> i & 1) == 0) continue;
    json[class_names[i]] = {
        {"rules", report.policy.rules[i]},
        {"mechanism", mechanism_name(verdict.mechanism)},
        {"guarantee", verdict.guarantee},
        {"complete", is_complete(report, i)},
        {"gaps", verdict.audit_only ? std::vector<std::string>{} : known_gaps(verdict.mechanism, i, report.safeguard)}};
  }
  return json;
}

Json canary_json(const Report& report) {
  Json acts = Json::array();
  for (const auto& feeling : report.canary.feelings)
    acts.push_back({{"act", feeling.act},
                    {"hook", hook_table[feeling.hook].name},
                    {"outcome", outcome_name(feeling.outcome)},
                    {"errno", feeling.error}});
  return {{"felt", is_felt(report.canary.feelings, report.verdict.mechanism)},
          {"last_felt_unix", report.canary.last_felt_unix},
          {"rounds", report.canary.rounds},
          {"acts", acts}};
}

Json transitions_json(const Report& report) {
  Json json = Json::array();
  for (const auto& transition : report.transitions)
    json.push_back({{"at_unix", transition.at_unix},
                    {"from", transition.from},
                    {"to", transition.to},
                    {"reason", transition.reason}});
  return json;
}

}  // namespace

const char* fallback_name(Fallback fallback) {
  switch (fallback) {
    case Fallback::override_return:
      return "override";
    case Fallback::signal:
      return "signal";
    case Fallback::automatic:
      return "auto";
    case Fallback::none:
      break;
  }
  return "none";
}

const char* outcome_name(Outcome outcome) {
  switch (outcome) {
    case Outcome::denied:
      return "denied";
    case Outcome::killed:
      return "killed";
    case Outcome::allowed:
      return "allowed";
    case Outcome::could_not:
      break;
  }
  return "could_not_try";
}

void enter_state(Report& report, const std::string& state, const std::string& reason) {
  if (report.verdict.runtime_state == state) return;
  report.transitions.push_back({std::time(nullptr), report.verdict.runtime_state, state, reason});
  if (report.transitions.size() > max_transitions) report.transitions.pop_front();
  report.verdict.runtime_state = state;
}

std::string render_report(const Report& report) {
  const GateVerdict& verdict = report.verdict;
  Json json;
  json["runtime_state"] = verdict.runtime_state;
  json["audit_only"] = verdict.audit_only;
  json["enforce_capable"] = verdict.enforce_capable;
  json["schema_version"] = 1;
  json["schema_semver"] = "1.0.0";
  json["generated_at_unix"] = std::time(nullptr);
  json["kernel_version"] = report.kernel.release;
  json["capability"] = capability_of(verdict);
  json["enforce_blockers"] = verdict.blockers;
  json["mechanism"] = mechanism_name(verdict.mechanism);
  json["signal_arm"] = sends_signal(verdict.mechanism) ? Json(mechanism_name(verdict.mechanism)) : Json(nullptr);
  json["guarantee"] = verdict.guarantee;
  json["preemption_safeguard"] =
      verdict.mechanism == Mechanism::none ? Json(nullptr) : Json(safeguard_name(report.safeguard));
  const ClassSet classes = served_classes(report.policy.classes);
  json["known_gaps"] = verdict.audit_only ? std::vector<std::string>{}
                                          : known_gaps_of(verdict.mechanism, classes, report.safeguard);
  json["message"] = report.message;
  json["instance"] = report.instance;
  json["pid"] = report.pid;
  json["process_start_ticks"] = report.process_start_ticks;
  json["boot_id"] = report.kernel.boot_id;
  json["agent_version"] = AEGIS_VERSION;
  json["agent_sha256"] = report.agent_sha256;
  json["bpf_sha256"] = report.bpf_sha256;
  json["lsm_enabled"] = report.kernel.lsm_lists_bpf;
  json["lsm_list"] = report.kernel.lsm_list;
  json["lockdown"] = report.kernel.lockdown;
  json["core_supported"] = report.kernel.has_btf;
  json["features"] = {{"btf", report.kernel.has_btf},
                      {"bpffs", report.kernel.has_bpffs},
                      {"cgroup_v2", report.kernel.has_cgroup2},
                      {"may_load", report.kernel.may_load},
                      {"pinned", report.is_pinned}};
  json["asked"] = {{"mode", report.request.asked == Asked::enforce ? "enforce" : "audit"},
                   {"gate_mode", report.request.mode == GateMode::fail_closed ? "fail-closed" : "audit-fallback"},
                   {"fallback", fallback_name(report.request.fallback)},
                   {"signal", signal_name(report.request.signal)}};
  json["scope_cgroup"] = report.scope_cgroup.empty() ? Json(nullptr) : Json(report.scope_cgroup);
  json["seams"] = report.seams;
  json["policy"] = {{"generation", report.policy.generation},  {"sha256", report.policy.sha256},
                    {"inodes", report.policy.inodes},          {"paths", report.policy.paths},
                    {"exempt_cgroups", report.policy.cgroups}, {"rules_without_path", report.policy.pathless},
                    {"rules", rules_json(report.policy)},      {"classes", class_list(report.policy.classes)}};
  json["classes"] = classes_json(report);
  json["hooks"] = Json::object();
  for (size_t i = 0; i < hook_table.size(); i++)
    if (report.hooks[i].is_wanted) json["hooks"][hook_table[i].name] = hook_json(report, i);
  json["requirements"] = {{"bpffs", true}, {"core", true}};
  json["requirements_met"] = {{"bpffs", report.kernel.has_bpffs}, {"core", report.kernel.has_btf}};
  for (const auto& name : class_list(served_classes(report.policy.classes))) {
    json["requirements"][name] = true;
    json["requirements_met"][name] = json["classes"][name]["complete"];
  }
  json["canary"] = canary_json(report);
  json["state_transitions"] = transitions_json(report);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Status write_report(const Report& report, const std::string& path, bool durable) {
  return write_file_atomically(path, render_report(report), 0644, durable);
}

}  // namespace aegis
