// SPDX-License-Identifier: Apache-2.0
#include "lib/policy_store.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <type_traits>
#include <vector>

#include "lib/sha256.h"
#include "lib/text.h"

namespace aegis {
namespace {

// Networks want the longest prefix, everything else the exact key.
template <class Key>
constexpr bool is_trie = std::is_same_v<Key, aegis_network>;

// One call for all where the kernel can (tries: since 5.13 or later), else one each.
template <class Key>
Status fill_rules(int fd, const std::string& name, const RuleTable<Key>& table) {
  const std::string way_out = "Give the machine more memory, or fewer rules";
  auto count = static_cast<__u32>(table.keys.size());
  LIBBPF_OPTS(bpf_map_batch_opts, batch);
  if (bpf_map_update_batch(fd, table.keys.data(), table.rules.data(), &count, &batch) == 0) return Done{};
  if (!is_trie<Key>) return system_error("fill the rules of " + name, errno, way_out);
  for (size_t i = 0; i < table.keys.size(); i++)
    if (bpf_map_update_elem(fd, &table.keys[i], &table.rules[i], BPF_ANY) != 0)
      return system_error("fill the rules of " + name, errno, way_out);
  return Done{};
}

// Inner maps are made to measure: memory follows the policy, not the worst
// case. Frozen: nobody changes them from user space any more, root or not.
template <class Key>
Result<UniqueFd> create_rules(const std::string& name, const RuleTable<Key>& table) {
  LIBBPF_OPTS(bpf_map_create_opts, options);
  if (is_trie<Key>) options.map_flags = BPF_F_NO_PREALLOC;
  const auto size = static_cast<__u32>(table.keys.size());
  UniqueFd fd(bpf_map_create(is_trie<Key> ? BPF_MAP_TYPE_LPM_TRIE : BPF_MAP_TYPE_HASH, name.c_str(), sizeof(Key),
                             sizeof(aegis_rule), size, &options));
  if (!fd) return system_error("create the rules of " + name, errno, "Give the machine more memory, or fewer rules");
  if (auto filled = fill_rules(fd.get(), name, table); !filled) return filled.error();
  if (bpf_map_freeze(fd.get()) != 0) return system_error("freeze the rules of " + name, errno);
  return fd;
}

// A slot without rules stays empty, which the programs take for no rule.
template <class Key>
Status fill_slot(const SharedMaps& maps, const std::string& name, uint32_t slot, const RuleTable<Key>& table) {
  if (table.keys.empty()) {
    if (bpf_map_delete_elem(maps.fd(name), &slot) != 0 && errno != ENOENT)
      return system_error("clear the rules of " + name, errno);
    return Done{};
  }
  const auto inner = create_rules(name, table);
  if (!inner) return inner.error();
  const int fd = inner->get();
  if (bpf_map_update_elem(maps.fd(name), &slot, &fd, BPF_ANY) != 0)
    return system_error("put the rules of " + name + " in place", errno);
  return Done{};
}

Status fill_slots(const SharedMaps& maps, uint32_t slot, const ResolvedPolicy& resolved) {
  Status filled = Done{};
  resolved.for_each_table([&](const char* name, const auto& table) {
    if (filled) filled = fill_slot(maps, name, slot, table);
  });
  return filled;
}

Status fill_cgroups(const SharedMaps& maps, uint32_t slot, const std::vector<Cgroup>& cgroups) {
  for (uint32_t i = 0; i < cgroups.size(); i++) {
    const uint32_t index = AEGIS_CGROUP_EXEMPT(slot, i);
    const int fd = cgroups[i].directory.get();
    if (bpf_map_update_elem(maps.fd("cgroups"), &index, &fd, BPF_ANY) != 0)
      return system_error("exempt cgroup " + cgroups[i].path, errno);
  }
  return Done{};
}

// Waits until no program still runs with the old generation number.
void wait_for_running_programs() { ::syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0); }

void note_standing(aegis_control& control, uint32_t slot, const ResolvedPolicy& resolved, const Digest& digest) {
  std::memcpy(control.policy_sha256[slot], digest.data(), digest.size());
  control.inodes[slot] = static_cast<__u32>(resolved.inodes.keys.size());
  control.paths[slot] = static_cast<__u32>(resolved.paths.keys.size());
  control.cgroups[slot] = static_cast<__u32>(resolved.cgroups.size());
  control.pathless[slot] = static_cast<__u32>(resolved.pathless);
  control.classes[slot] = resolved.classes;
  for (size_t i = 0; i < AEGIS_CLASS_COUNT; i++) {
    control.rules[slot][i] = resolved.rules[i];
    control.flags[slot][i] = resolved.flags[i];
  }
}

}  // namespace

Result<Applied> store_policy(const Instance& instance, const SharedMaps& maps, const Policy& policy,
                             const ResolvedPolicy& resolved, bool reset, const std::function<Status()>& before_switch) {
  const uint64_t old = maps.control.generation();
  Applied applied{old + 1, ""};
  const auto slot = static_cast<uint32_t>(applied.generation & 1);
  if (auto filled = fill_slots(maps, slot, resolved); !filled) return filled.error();
  if (auto filled = fill_cgroups(maps, slot, resolved.cgroups); !filled) return filled.error();
  if (auto kept = write_file_atomically(instance.policy_path(applied.generation), policy.source, 0600); !kept)
    return kept.error();
  const Digest digest = sha256(policy.source);
  applied.sha256 = to_hex(digest.data(), digest.size());
  note_standing(*maps.control, slot, resolved, digest);
  if (auto ready = before_switch(); !ready) return ready.error();

  maps.control.switch_generation(applied.generation);
  wait_for_running_programs();
  const auto unused = static_cast<uint32_t>(old & 1);
  resolved.for_each_table([&](const char* name, const auto&) { bpf_map_delete_elem(maps.fd(name), &unused); });
  if (old > 0) ::unlink(instance.policy_path(old - 1).c_str());
  if (reset)
    if (auto zeroed = reset_counters(maps); !zeroed) return zeroed.error();
  return applied;
}

RuleMaps read_rule_maps(const SharedMaps& maps, uint64_t generation) {
  const auto slot = static_cast<uint32_t>(generation & 1);
  RuleMaps ids;
  ResolvedPolicy().for_each_table([&](const char* name, const auto&) {
    uint32_t id = 0;  // what a map of maps answers to user space
    if (bpf_map_lookup_elem(maps.fd(name), &slot, &id) != 0) id = 0;
    ids.push_back(id);
  });
  return ids;
}

PolicyStanding read_standing(const SharedMaps& maps) {
  PolicyStanding standing;
  standing.generation = maps.control.generation();
  if (standing.generation == 0) return standing;
  const auto slot = static_cast<uint32_t>(standing.generation & 1);
  standing.sha256 = to_hex(maps.control->policy_sha256[slot], 32);
  standing.inodes = maps.control->inodes[slot];
  standing.paths = maps.control->paths[slot];
  standing.cgroups = maps.control->cgroups[slot];
  standing.pathless = maps.control->pathless[slot];
  standing.classes = maps.control->classes[slot];
  std::copy_n(maps.control->rules[slot], AEGIS_CLASS_COUNT, standing.rules.begin());
  return standing;
}

namespace {

template <class Visit>
void visit_counters(const SharedMaps& maps, ClassSet classes, Visit visit) {
  const int cpus = libbpf_num_possible_cpus();
  if (cpus <= 0) return;
  std::vector<aegis_counters> values(static_cast<size_t>(cpus));
  for (__u32 hook = 0; hook < AEGIS_HOOK_COUNT; hook++)
    if ((classes >> hook_table[hook].rule_class & 1) != 0 &&
        bpf_map_lookup_elem(maps.fd("counters"), &hook, values.data()) == 0)
      for (const auto& value : values) visit(hook, value);
}

}  // namespace

std::array<HookCounts, AEGIS_HOOK_COUNT> read_counts(const SharedMaps& maps) {
  std::array<HookCounts, AEGIS_HOOK_COUNT> counts{};
  visit_counters(maps, all_classes, [&](__u32 hook, const aegis_counters& value) {
    for (size_t action = 0; action < AEGIS_ACTION_COUNT; action++)
      counts[hook].actions[action] += value.actions[action];
    counts[hook].lost += value.lost;
  });
  return counts;
}

CanaryCount canary_count(const SharedMaps& maps, const Attachment& attachment) {
  const auto mechanism = static_cast<uint32_t>(attachment.mechanism);
  const uint32_t guard = is_guarded(attachment.safeguard) ? uint32_t{AEGIS_MECHANISM_GUARD} : mechanism;
  return [&maps, mechanism, guard](size_t rule_class) {
    CanarySeen seen;
    visit_counters(maps, class_bit(rule_class), [&](__u32, const aegis_counters& value) {
      seen.own += value.canary[mechanism];
      seen.guards += value.canary[guard];
    });
    return seen;
  };
}

Status reset_counters(const SharedMaps& maps) {
  const int cpus = libbpf_num_possible_cpus();
  const std::vector<aegis_counters> zeroes(static_cast<size_t>(std::max(cpus, 1)));
  for (__u32 hook = 0; hook < AEGIS_HOOK_COUNT; hook++)
    if (bpf_map_update_elem(maps.fd("counters"), &hook, zeroes.data(), BPF_ANY) != 0)
      return system_error("reset the counters", errno);
  return Done{};
}

}  // namespace aegis
