// SPDX-License-Identifier: Apache-2.0
// The gate's truth table, whole: every combination of what can be asked and
// what can be felt is checked against the rules, and the rules' own rows by name.
#include "lib/gate.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace aegis;

namespace {

constexpr Asked asked_values[] = {Asked::enforce, Asked::audit};
constexpr GateMode modes[] = {GateMode::fail_closed, GateMode::audit_fallback};
constexpr Fallback fallbacks[] = {Fallback::none, Fallback::override_return, Fallback::signal, Fallback::automatic};
constexpr EnforceSignal signals[] = {EnforceSignal::kill, EnforceSignal::term, EnforceSignal::none};
constexpr SignalArm arms[] = {SignalArm::automatic, SignalArm::fentry, SignalArm::tracepoint};
constexpr Mechanism rungs[] = {Mechanism::none, Mechanism::lsm, Mechanism::fmod_ret, Mechanism::fentry,
                               Mechanism::tracepoint};

bool has(const GateVerdict& verdict, const char* blocker) {
  return std::find(verdict.blockers.begin(), verdict.blockers.end(), blocker) != verdict.blockers.end();
}

bool has(const std::vector<Mechanism>& plan, Mechanism rung) {
  return std::find(plan.begin(), plan.end(), rung) != plan.end();
}

template <class Visit>
void for_each_request(Visit visit) {
  for (const auto asked : asked_values)
    for (const auto mode : modes)
      for (const auto fallback : fallbacks)
        for (const auto signal : signals)
          for (const auto arm : arms) visit(GateRequest{asked, mode, fallback, signal, arm});
}

}  // namespace

TEST_CASE("the plan holds exactly the rungs that were opted in, strongest first") {
  int seen = 0;
  for_each_request([&](const GateRequest& request) {
    for (const bool listed : {false, true}) {
      const auto plan = plan_rungs(request, listed);
      const bool enforces = request.asked == Asked::enforce;
      const bool overrides = request.fallback == Fallback::override_return || request.fallback == Fallback::automatic;
      const bool kills = (request.fallback == Fallback::signal || request.fallback == Fallback::automatic) &&
                         request.signal != EnforceSignal::none;
      CHECK(has(plan, Mechanism::lsm) == (enforces && listed));
      CHECK(has(plan, Mechanism::fmod_ret) == (enforces && overrides));
      CHECK(has(plan, Mechanism::fentry) == (enforces && kills && request.arm != SignalArm::tracepoint));
      CHECK(has(plan, Mechanism::tracepoint) == (enforces && kills && request.arm != SignalArm::fentry));
      CHECK(std::is_sorted(plan.begin(), plan.end()));
      seen++;
    }
  });
  CHECK(seen == 2 * 2 * 4 * 3 * 3 * 2);
}

TEST_CASE("the verdict follows from what was felt, in every combination") {
  int seen = 0;
  for_each_request([&](const GateRequest& request) {
    for (const bool listed : {false, true})
      for (const auto felt : rungs) {
        const auto plan = plan_rungs(request, listed);
        const bool possible = felt == Mechanism::none || has(plan, felt) ||
                              (request.asked == Asked::audit && felt == Mechanism::lsm && listed);
        if (!possible) continue;
        GateFacts facts;
        facts.lsm_listed = listed;
        facts.lsm_tried = listed;
        facts.felt = felt;
        if (request.asked == Asked::audit) facts.observing = felt;
        const auto verdict = decide_gate(request, facts);
        const bool enforcing = request.asked == Asked::enforce && felt != Mechanism::none;
        CHECK(verdict.audit_only == !enforcing);
        CHECK(verdict.refuses ==
              (request.asked == Asked::enforce && !enforcing && request.mode == GateMode::fail_closed));
        CHECK(verdict.enforce_capable == (felt == Mechanism::lsm));
        CHECK(has(verdict, "BPF_LSM_DISABLED") == !listed);
        CHECK(has(verdict, "BPF_LSM_INERT") == (listed && felt != Mechanism::lsm));
        CHECK((verdict.runtime_state == "ENFORCE") == (enforcing && felt == Mechanism::lsm));
        CHECK((verdict.runtime_state == "ENFORCE_OVERRIDE") == (enforcing && felt == Mechanism::fmod_ret));
        CHECK((verdict.runtime_state == "ENFORCE_SIGNAL") ==
              (enforcing && (felt == Mechanism::fentry || felt == Mechanism::tracepoint)));
        CHECK((verdict.runtime_state == "AUDIT_FALLBACK") == !enforcing);
        CHECK((verdict.guarantee == "none") == !enforcing);
        if (enforcing) CHECK(verdict.mechanism == felt);
        seen++;
      }
  });
  CHECK(seen > 300);
}

TEST_CASE("the rows that users rely on") {
  GateRequest request{Asked::enforce, GateMode::fail_closed, Fallback::none, EnforceSignal::kill, SignalArm::automatic};
  GateFacts facts;

  SUBCASE("BPF-LSM felt") {
    facts = {true, true, Mechanism::lsm, Mechanism::none, {}};
    const auto verdict = decide_gate(request, facts);
    CHECK(verdict.runtime_state == "ENFORCE");
    CHECK(verdict.enforce_capable);
    CHECK_FALSE(verdict.audit_only);
    CHECK(verdict.blockers.empty());
    CHECK(verdict.guarantee == "synchronous");
  }
  SUBCASE("no BPF-LSM, signal rung opted in and felt") {
    request.fallback = Fallback::signal;
    facts.felt = Mechanism::fentry;
    const auto verdict = decide_gate(request, facts);
    CHECK(verdict.runtime_state == "ENFORCE_SIGNAL");
    CHECK_FALSE(verdict.enforce_capable);
    CHECK_FALSE(verdict.audit_only);
    CHECK(verdict.blockers == std::vector<std::string>{"BPF_LSM_DISABLED"});
    CHECK(verdict.guarantee == "before_return");
  }
  SUBCASE("the tracepoint rung says that it goes by path") {
    request.fallback = Fallback::signal;
    facts.felt = Mechanism::tracepoint;
    CHECK(decide_gate(request, facts).guarantee == "by_path");
  }
  SUBCASE("nothing felt, fail-closed") {
    const auto verdict = decide_gate(request, facts);
    CHECK(verdict.refuses);
    CHECK(verdict.blockers == std::vector<std::string>{"BPF_LSM_DISABLED", "CAPABILITY_AUDIT_ONLY"});
  }
  SUBCASE("nothing felt, audit-fallback") {
    request.mode = GateMode::audit_fallback;
    facts.observing = Mechanism::fentry;
    const auto verdict = decide_gate(request, facts);
    CHECK_FALSE(verdict.refuses);
    CHECK(verdict.runtime_state == "AUDIT_FALLBACK");
    CHECK(verdict.audit_only);
    CHECK(verdict.mechanism == Mechanism::fentry);
  }
  SUBCASE("listed but inert") {
    facts.lsm_listed = facts.lsm_tried = true;
    CHECK(has(decide_gate(request, facts), "BPF_LSM_INERT"));
  }
  SUBCASE("a hook that is missing keeps its blocker") {
    facts.lsm_listed = facts.lsm_tried = true;
    facts.blockers = {"HOOK_ATTACH_FAILED"};
    const auto verdict = decide_gate(request, facts);
    CHECK(verdict.refuses);
    CHECK(has(verdict, "HOOK_ATTACH_FAILED"));
  }
  SUBCASE("audit denies nothing whatever was felt") {
    request.asked = Asked::audit;
    facts = {true, true, Mechanism::lsm, Mechanism::lsm, {}};
    const auto verdict = decide_gate(request, facts);
    CHECK(verdict.audit_only);
    CHECK(verdict.enforce_capable);
    CHECK(verdict.runtime_state == "AUDIT_FALLBACK");
    CHECK_FALSE(verdict.refuses);
  }
}

TEST_CASE("observers never include a rung that could deny without BPF-LSM") {
  for_each_request([](const GateRequest& request) {
    for (const bool listed : {false, true}) CHECK_FALSE(has(plan_observers(request, listed), Mechanism::fmod_ret));
  });
}
