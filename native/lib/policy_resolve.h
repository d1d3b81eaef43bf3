// SPDX-License-Identifier: Apache-2.0
// From the policy as written to what the programs look up.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "aegis.h"
#include "lib/cgroup.h"
#include "lib/policy.h"

namespace aegis {

template <class Key>
struct RuleTable {
  std::vector<Key> keys;
  std::vector<aegis_rule> rules;

  void add(const Key& key, uint32_t offset) {
    keys.push_back(key);
    rules.push_back({offset, 0});
  }
};

struct ResolvedPolicy {
  RuleTable<aegis_inode> inodes;
  RuleTable<__u64> paths;       // aegis_path_hash, for the tracepoint rung
  std::vector<Cgroup> cgroups;  // exempt subtrees
  size_t pathless = 0;          // rules by inode or by a path too long: no string for that rung to see
};

// Hash as the tracepoint programs compute it; 0 when the path is too long.
uint64_t hash_path(std::string_view path);

// Looks every path up. A missing one refuses the whole policy and names the line.
Result<ResolvedPolicy> resolve_policy(const Policy& policy, const std::string& file);

}  // namespace aegis
