// SPDX-License-Identifier: Apache-2.0
// From the policy as written to what the programs look up.
#pragma once

#include <array>
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

  void add(const Key& key, uint32_t offset, uint32_t inode_generation = 0) {
    keys.push_back(key);
    rules.push_back({offset, inode_generation});
  }
};

struct ResolvedPolicy {
  RuleTable<aegis_inode> inodes;
  RuleTable<__u64> paths;  // aegis_path_hash, for the tracepoint rung
  RuleTable<aegis_inode> exec_inodes;
  RuleTable<aegis_name> exec_names;
  RuleTable<__u64> exec_paths;
  RuleTable<aegis_address> addresses;
  RuleTable<aegis_network> networks;
  RuleTable<aegis_port> ports;
  RuleTable<aegis_endpoint> endpoints;
  std::vector<Cgroup> cgroups;  // exempt subtrees
  size_t pathless = 0;          // rules by inode or by a path too long: no string for that rung to see
  uint32_t classes = 0;         // bit per enum aegis_class that has rules
  std::array<uint32_t, AEGIS_CLASS_COUNT> rules{};    // entries of the policy, by class
  std::array<aegis_rule, AEGIS_CLASS_COUNT> flags{};  // the header of a flag section

  // visit(map name, table) for every table that goes into a map of its own.
  template <class Visit>
  void for_each_table(Visit visit) const {
    visit("deny_inode", inodes);
    visit("deny_path", paths);
    visit("exec_inode", exec_inodes);
    visit("exec_name", exec_names);
    visit("exec_path", exec_paths);
    visit("net_address", addresses);
    visit("net_network", networks);
    visit("net_port", ports);
    visit("net_endpoint", endpoints);
  }

  // "2 file rules, 1 network rule", for people.
  std::string summary() const;
};

// Hash as the tracepoint programs compute it; 0 when the path is too long.
uint64_t hash_path(std::string_view path);

// Looks every path up. A missing one refuses the whole policy and names the line.
Result<ResolvedPolicy> resolve_policy(const Policy& policy, const std::string& file);

}  // namespace aegis
