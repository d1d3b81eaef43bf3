// SPDX-License-Identifier: Apache-2.0
#include "lib/report.h"

#include <doctest/doctest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <set>

#include "lib/known_gaps.h"
#include "lib/text.h"

using namespace aegis;
using Json = nlohmann::json;

namespace {

Report sample() {
  Report report;
  report.instance = "t";
  report.pid = 7;
  report.verdict = {false, "ENFORCE_SIGNAL", false, false, Mechanism::fentry, "before_return", {"BPF_LSM_DISABLED"}};
  report.hooks[AEGIS_HOOK_FILE_OPEN] = {true, true, true, false, 11, 12};
  report.hooks[AEGIS_HOOK_FILE_TRUNCATE] = {true, false, false, false, 0, 0};
  report.canary.feelings = {{AEGIS_HOOK_FILE_OPEN, "open", Outcome::killed, 0}};
  report.seams = {"AEGIS_LSM_PATH"};
  return report;
}

}  // namespace

TEST_CASE("scripts find the three keys first, and no earlier key contains them") {
  const std::string text = render_report(sample());
  const auto lines = split(text, '\n');
  CHECK(lines[0] == "{");
  CHECK(lines[1] == "  \"runtime_state\": \"ENFORCE_SIGNAL\",");
  CHECK(lines[2] == "  \"audit_only\": false,");
  CHECK(lines[3] == "  \"enforce_capable\": false,");
}

TEST_CASE("every required key is there") {
  const auto json = Json::parse(render_report(sample()));
  for (const char* key : {"schema_version",
                          "schema_semver",
                          "generated_at_unix",
                          "kernel_version",
                          "capability",
                          "audit_only",
                          "enforce_capable",
                          "enforce_blockers",
                          "runtime_state",
                          "lsm_enabled",
                          "core_supported",
                          "features",
                          "hooks",
                          "policy",
                          "requirements",
                          "requirements_met",
                          "state_transitions",
                          "instance",
                          "pid",
                          "boot_id",
                          "agent_sha256",
                          "bpf_sha256",
                          "mechanism",
                          "signal_arm",
                          "canary",
                          "scope_cgroup",
                          "lockdown",
                          "seams",
                          "guarantee"}) {
    CAPTURE(key);
    CHECK(json.contains(key));
  }
  CHECK(json["schema_version"] == 1);
  CHECK(json["capability"] == "Fallback");
  CHECK(json["mechanism"] == "fentry");
  CHECK(json["signal_arm"] == "fentry");
  CHECK(json["canary"]["felt"] == true);
  CHECK(json["hooks"]["file_open"]["felt"] == "killed");
  CHECK(json["hooks"]["file_open"]["link_id"] == 12);
  CHECK(json["hooks"]["file_truncate"]["attached"] == false);
  CHECK(json["seams"] == Json::array({"AEGIS_LSM_PATH"}));
  CHECK(json["requirements_met"]["file"] == false);  // file_permission and others are not even wanted here
}

TEST_CASE("a canary that was let through is not felt") {
  Report report = sample();
  report.canary.feelings[0].outcome = Outcome::allowed;
  CHECK(Json::parse(render_report(report))["canary"]["felt"] == false);
  report.canary.feelings[0].outcome = Outcome::denied;  // not this mechanism's way
  CHECK(Json::parse(render_report(report))["canary"]["felt"] == false);
  report.canary.feelings.clear();
  CHECK(Json::parse(render_report(report))["canary"]["felt"] == false);
}

TEST_CASE("the verdict is told as it is") {
  Report report = sample();
  for (const bool audit_only : {false, true})
    for (const bool capable : {false, true}) {
      report.verdict.audit_only = audit_only;
      report.verdict.enforce_capable = capable;
      const auto json = Json::parse(render_report(report));
      CHECK(json["audit_only"] == audit_only);
      CHECK(json["enforce_capable"] == capable);
      CHECK(json["known_gaps"].empty() == audit_only);
    }
}

TEST_CASE("text from outside cannot break the JSON") {
  Report report = sample();
  report.message = "quote \" backslash \\ newline \n bad \xff";
  const auto json = Json::parse(render_report(report));
  CHECK(json["message"].get<std::string>().starts_with("quote \" backslash \\ newline \n bad "));
}

TEST_CASE("transitions are kept in order and bounded") {
  Report report = sample();
  enter_state(report, "ENFORCE_SIGNAL", "no change");
  CHECK(report.transitions.empty());
  for (int i = 0; i < 100; i++) enter_state(report, i % 2 ? "ENFORCE_SIGNAL" : "DEGRADED", std::to_string(i));
  CHECK(report.transitions.size() == max_transitions);
  CHECK(report.transitions.back().reason == "99");
  CHECK(report.transitions.back().from == "DEGRADED");
  CHECK(report.transitions.back().to == "ENFORCE_SIGNAL");
}

TEST_CASE("gaps of the rung are named on the signal rungs and only there") {
  const auto gaps = [](Mechanism mechanism, size_t rule_class) {
    return known_gaps(mechanism, rule_class, Safeguard::not_needed);
  };
  CHECK(gaps(Mechanism::lsm, AEGIS_CLASS_FILE).empty());
  CHECK(gaps(Mechanism::fmod_ret, AEGIS_CLASS_FILE).empty());
  CHECK(gaps(Mechanism::fentry, AEGIS_CLASS_FILE).size() >= 3);
  for (size_t i = 0; i < AEGIS_CLASS_COUNT; i++) {
    CAPTURE(class_names[i]);
    CHECK(gaps(Mechanism::none, i).empty());
    CHECK(gaps(Mechanism::fentry, i).size() > gaps(Mechanism::lsm, i).size());
    CHECK(gaps(Mechanism::tracepoint, i).size() > gaps(Mechanism::fentry, i).size() - 1);
  }
}

TEST_CASE("what the kernel may skip is a gap, and what is left of it behind a guard, too") {
  using Gaps = std::vector<std::string>;
  CHECK(known_gaps(Mechanism::fmod_ret, AEGIS_CLASS_FILE, Safeguard::none) ==
        Gaps{"skipped_while_another_task_is_preempted"});
  CHECK(known_gaps(Mechanism::fmod_ret, AEGIS_CLASS_FILE, Safeguard::backstop) ==
        Gaps{"signalled_after_the_act_where_skipped", "skipped_while_a_bpf_call_is_preempted"});
  CHECK(known_gaps(Mechanism::fentry, AEGIS_CLASS_FILE, Safeguard::backstop).back() ==
        "skipped_while_a_bpf_call_is_preempted");
  CHECK(known_gaps(Mechanism::none, AEGIS_CLASS_FILE, Safeguard::none).empty());
}

TEST_CASE("gaps of several classes are told once each") {
  const auto gaps = known_gaps_of(Mechanism::tracepoint, all_classes, Safeguard::perf);
  CHECK(std::set<std::string>(gaps.begin(), gaps.end()).size() == gaps.size());
  CHECK(gaps.size() > known_gaps_of(Mechanism::tracepoint, class_bit(AEGIS_CLASS_FILE), Safeguard::perf).size());
}

TEST_CASE("skipped calls are told where the kernel tells, and left out where not") {
  Report report = sample();
  report.skipped[AEGIS_HOOK_FILE_OPEN] = {7, std::nullopt};
  report.safeguard = Safeguard::backstop;
  const auto json = nlohmann::json::parse(render_report(report));
  CHECK(json["preemption_safeguard"] == "backstop");
  CHECK(json["hooks"]["file_open"]["counts"]["skipped"] == 7);
  CHECK_FALSE(json["hooks"]["file_open"]["counts"].contains("guard_skipped"));
}

TEST_CASE("each class the policy uses is told with its requirement, and no other") {
  Report report = sample();
  report.policy.classes = class_bit(AEGIS_CLASS_PTRACE) | class_bit(AEGIS_CLASS_NETWORK);
  report.policy.rules[AEGIS_CLASS_PTRACE] = 1;
  report.hooks[AEGIS_HOOK_PTRACE_ACCESS] = report.hooks[AEGIS_HOOK_PTRACE_TRACEME] = {true, true, true, false, 1, 2};
  const auto json = Json::parse(render_report(report));
  CHECK(json["policy"]["classes"] == Json::array({"network", "ptrace"}));
  CHECK(json["policy"]["rules"]["ptrace"] == 1);
  CHECK_FALSE(json["classes"].contains("file"));
  CHECK(json["classes"]["ptrace"]["complete"] == true);
  CHECK(json["classes"]["network"]["complete"] == false);
  CHECK(json["requirements_met"]["network"] == false);
  CHECK(json["classes"]["ptrace"]["mechanism"] == "fentry");
}

TEST_CASE("the file is replaced whole, and an unwritable place is an error that leaves nothing") {
  char folder[] = "/tmp/aegis-report.XXXXXX";
  REQUIRE(::mkdtemp(folder) != nullptr);
  const std::string path = std::string(folder) + "/capabilities.json";
  CHECK(write_report(sample(), path, true));
  CHECK(Json::accept(*read_file(path, 1 << 20)));
  struct stat info;
  REQUIRE(::stat(path.c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0644);
  ::unlink(path.c_str());
  CHECK(::rmdir(folder) == 0);  // no temporary file was left
  CHECK_FALSE(write_report(sample(), path, true));
}
