// SPDX-License-Identifier: Apache-2.0
// The posture report: what the agent claims of itself, and on what grounds.
// The shape is schemas/capabilities.schema.json.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "lib/attachment.h"
#include "lib/canary.h"
#include "lib/gate.h"
#include "lib/kernel_facts.h"

namespace aegis {

struct StateTransition {
  int64_t at_unix = 0;
  std::string from, to, reason;
};

struct PolicyStanding {
  uint64_t generation = 0;  // 0: none applied
  std::string sha256;
  size_t inodes = 0, paths = 0, cgroups = 0;
  size_t pathless = 0;  // rules that the tracepoint rung cannot see
  ClassSet classes = 0;
  std::array<uint32_t, AEGIS_CLASS_COUNT> rules{};  // entries of the policy

  bool operator==(const PolicyStanding&) const = default;
};

struct HookCounts {
  std::array<uint64_t, AEGIS_ACTION_COUNT> actions{};
  uint64_t lost = 0;
};

struct CanaryStanding {
  std::vector<Feeling> feelings;  // of the last full round
  int64_t last_felt_unix = 0;     // 0: never
  uint64_t rounds = 0;
};

struct Report {
  std::string instance;
  pid_t pid = 0;
  uint64_t process_start_ticks = 0;
  std::string agent_sha256, bpf_sha256;
  KernelFacts kernel;
  GateRequest request;
  GateVerdict verdict;
  HookStates hooks{};
  PolicyStanding policy;
  CanaryStanding canary;
  std::array<HookCounts, AEGIS_HOOK_COUNT> counts{};
  Safeguard safeguard = Safeguard::not_needed;
  std::array<Skipped, AEGIS_HOOK_COUNT> skipped;
  std::string scope_cgroup;
  bool is_pinned = false;
  std::string message;  // why the agent refused or degraded; "" otherwise
  std::vector<std::string> seams;
  std::deque<StateTransition> transitions;
};

inline constexpr size_t max_transitions = 64;

// Enters a state and notes the transition, unless it is the one already in.
void enter_state(Report& report, const std::string& state, const std::string& reason);

// JSON text, the three keys that scripts look for first.
std::string render_report(const Report& report);

// Renders and replaces the file in one step.
Status write_report(const Report& report, const std::string& path, bool durable);

const char* fallback_name(Fallback fallback);
const char* outcome_name(Outcome outcome);

}  // namespace aegis
