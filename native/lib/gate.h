// SPDX-License-Identifier: Apache-2.0
// The gate: from what was asked and what was felt to what may be claimed. Pure
// functions over values, so that the whole truth table is a unit test.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "lib/mechanism.h"

namespace aegis {

enum class Asked { enforce, audit };
enum class GateMode { fail_closed, audit_fallback };
enum class Fallback { none, override_return, signal, automatic };
enum class EnforceSignal { kill, term, none };
enum class SignalArm { automatic, fentry, tracepoint };

struct GateRequest {
  Asked asked = Asked::audit;
  GateMode mode = GateMode::fail_closed;
  Fallback fallback = Fallback::none;
  EnforceSignal signal = EnforceSignal::kill;
  SignalArm arm = SignalArm::automatic;
};

// What trying the rungs in order came to.
struct GateFacts {
  bool lsm_listed = false;
  bool lsm_tried = false;
  Mechanism felt = Mechanism::none;       // the first rung whose canary was felt
  Mechanism observing = Mechanism::none;  // programs that are attached to report only
  std::set<std::string> blockers;         // found on the way: HOOK_ATTACH_FAILED, ...
};

struct GateVerdict {
  bool refuses = false;  // do not start
  std::string runtime_state;
  bool audit_only = true;
  bool enforce_capable = false;
  Mechanism mechanism = Mechanism::none;
  std::string guarantee = "none";
  std::vector<std::string> blockers;  // sorted
};

// The rungs to try, strongest first, until one is felt.
std::vector<Mechanism> plan_rungs(const GateRequest& request, bool lsm_listed);

// Rungs to try for reporting only, when nothing may or can enforce.
std::vector<Mechanism> plan_observers(const GateRequest& request, bool lsm_listed);

GateVerdict decide_gate(const GateRequest& request, const GateFacts& facts);

}  // namespace aegis
