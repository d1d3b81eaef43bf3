// SPDX-License-Identifier: Apache-2.0
// The daemon after its start: feels the canary on a timer, follows the policy
// and the emergency switch, writes events, and keeps the report true.
#pragma once

#include <cstdint>

#include "agent/args.h"
#include "agent/ladder.h"
#include "agent/served_authority.h"
#include "lib/policy_store.h"
#include "lib/report.h"

namespace aegis {

struct DaemonParts {
  const Arguments& arguments;
  const Instance& instance;
  SharedMaps& maps;
  Canary& canary;
  Standing& standing;
  Report& report;
  int signal;
  ServedAuthority& authority;
};

class Daemon {
 public:
  explicit Daemon(DaemonParts parts)
      : parts_(parts), claimed_(parts.report.verdict), settings_(parts.maps.control.settings()) {}

  // Runs until SIGTERM or SIGINT; SIGHUP looks at the policy at once.
  // `signals` is a signalfd for these three.
  Status run(const UniqueFd& signals);

  // Called by the ring buffer for each event.
  void take_event(const aegis_event& event);

 private:
  void tick();
  void check_settings();
  void check_canary();
  void take_over_hooks();
  void check_rules();
  void check_pins();
  void check_authority();
  void note_repair(const std::string& what);
  void follow_policy();
  void follow_emergency();
  void settle();
  void publish(bool durable);

  DaemonParts parts_;
  GateVerdict claimed_;      // what holds as long as nothing is wrong
  aegis_settings settings_;  // as this process set them
  RuleMaps rule_maps_;       // as they were when the generation was taken up
  bool is_stored_ = true;    // the policy on disk is the one the kernel is told to have
  RuleSource rules_;
  std::string fault_;  // why the state is not the claimed one; "" when it is
  bool is_emergency_ = false;
  bool is_full_due_ = false;  // after new hooks: do not wait for the next full round
  uint64_t ticks_ = 0;
};

}  // namespace aegis
