// SPDX-License-Identifier: Apache-2.0
#include "lib/gate.h"

namespace aegis {
namespace {

void add_signal_rungs(const GateRequest& request, std::vector<Mechanism>& rungs) {
  if (request.signal == EnforceSignal::none) return;
  if (request.arm != SignalArm::tracepoint) rungs.push_back(Mechanism::fentry);
  if (request.arm != SignalArm::fentry) rungs.push_back(Mechanism::tracepoint);
}

const char* state_of(Mechanism mechanism) {
  switch (mechanism) {
    case Mechanism::lsm:
      return "ENFORCE";
    case Mechanism::fmod_ret:
      return "ENFORCE_OVERRIDE";
    case Mechanism::fentry:
    case Mechanism::tracepoint:
      return "ENFORCE_SIGNAL";
    case Mechanism::none:
      break;
  }
  return "AUDIT_FALLBACK";
}

const char* guarantee_of(Mechanism mechanism) {
  switch (mechanism) {
    case Mechanism::lsm:
    case Mechanism::fmod_ret:
      return "synchronous";
    case Mechanism::fentry:
      return "before_return";
    case Mechanism::tracepoint:
      return "by_path";
    case Mechanism::none:
      break;
  }
  return "none";
}

}  // namespace

std::vector<Mechanism> plan_rungs(const GateRequest& request, bool lsm_listed) {
  std::vector<Mechanism> rungs;
  if (request.asked == Asked::audit) return rungs;
  if (lsm_listed) rungs.push_back(Mechanism::lsm);
  switch (request.fallback) {
    case Fallback::none:
      break;
    case Fallback::override_return:
      rungs.push_back(Mechanism::fmod_ret);
      break;
    case Fallback::signal:
      add_signal_rungs(request, rungs);
      break;
    case Fallback::automatic:
      rungs.push_back(Mechanism::fmod_ret);
      add_signal_rungs(request, rungs);
      break;
  }
  return rungs;
}

std::vector<Mechanism> plan_observers(const GateRequest& request, bool lsm_listed) {
  std::vector<Mechanism> rungs;
  if (request.asked == Asked::audit && lsm_listed) rungs.push_back(Mechanism::lsm);
  rungs.push_back(Mechanism::fentry);
  rungs.push_back(Mechanism::tracepoint);
  return rungs;
}

GateVerdict decide_gate(const GateRequest& request, const GateFacts& facts) {
  GateVerdict verdict;
  auto blockers = facts.blockers;
  const bool lsm_felt = facts.felt == Mechanism::lsm;
  if (!facts.lsm_listed) blockers.insert("BPF_LSM_DISABLED");
  if (facts.lsm_listed && facts.lsm_tried && !lsm_felt) blockers.insert("BPF_LSM_INERT");
  // Capability is what a canary felt; in audit mode it is felt as well, on the canary alone.
  verdict.enforce_capable = lsm_felt && blockers.empty();

  if (request.asked == Asked::enforce && facts.felt != Mechanism::none) {
    verdict.mechanism = facts.felt;
    verdict.runtime_state = state_of(facts.felt);
    verdict.guarantee = guarantee_of(facts.felt);
    verdict.audit_only = false;
    verdict.enforce_capable = lsm_felt;
  } else {
    if (request.asked == Asked::enforce) blockers.insert("CAPABILITY_AUDIT_ONLY");
    verdict.refuses = request.asked == Asked::enforce && request.mode == GateMode::fail_closed;
    verdict.runtime_state = "AUDIT_FALLBACK";
    verdict.mechanism = facts.observing;
  }
  verdict.blockers.assign(blockers.begin(), blockers.end());
  return verdict;
}

}  // namespace aegis
