// SPDX-License-Identifier: Apache-2.0
// Puts a resolved policy into force: one generation swapped in whole.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "lib/bpf_maps.h"
#include "lib/instance.h"
#include "lib/policy_resolve.h"
#include "lib/report.h"

namespace aegis {

struct Applied {
  uint64_t generation = 0;
  std::string sha256;
};

// Fills the slot not in use, stores the text, switches over by one store, and
// then frees the old slot. Until the switch the policy in force is untouched.
// Callers hold the instance's "apply" lock.
//
// `before_switch` runs when everything is in place but the switch; its error
// leaves the policy in force as it was.
Result<Applied> store_policy(const Instance& instance, const SharedMaps& maps, const Policy& policy,
                             const ResolvedPolicy& resolved, bool reset_counters,
                             const std::function<Status()>& before_switch);

// Which maps hold the rules of one generation, by their ids in the kernel; 0 where there are none.
using RuleMaps = std::vector<uint32_t>;
RuleMaps read_rule_maps(const SharedMaps& maps, uint64_t generation);

// What stands in the maps now.
PolicyStanding read_standing(const SharedMaps& maps);

// Sums the per-CPU counters.
std::array<HookCounts, AEGIS_HOOK_COUNT> read_counts(const SharedMaps& maps);

// How often the canary was acted on by an attachment, over the hooks of one
// class. Where guards stand behind the mechanism, both have to see the canary.
// Bound to the maps, which must outlive it.
CanaryCount canary_count(const SharedMaps& maps, const Attachment& attachment);

Status reset_counters(const SharedMaps& maps);

}  // namespace aegis
