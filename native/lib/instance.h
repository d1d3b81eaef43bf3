// SPDX-License-Identifier: Apache-2.0
// Where one instance of the agent keeps its things, and who owns it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "lib/result.h"
#include "lib/seams.h"
#include "lib/unique_fd.h"

namespace aegis {

struct Instance {
  std::string name;
  std::string run_dir;    // /run/aegis/<name>: lock, canary; only root may look in
  std::string state_dir;  // /var/lib/aegis/<name>: report, applied policy, audit trail
  std::string report_path;
  std::string pin_root;  // on bpffs

  // Where the links of one epoch are pinned.
  std::string links_dir(uint64_t epoch) const { return pin_root + "/links-" + std::to_string(epoch); }
  std::string policy_path(uint64_t generation) const { return state_dir + "/policy-" + std::to_string(generation); }
};

// Checks the name ([A-Za-z0-9_-], 1 to 64) and lays the paths out; touches nothing.
Result<Instance> name_instance(const std::string& name, const Seams& seams);

// Creates run_dir (0700) and state_dir (0755); refuses links and directories of others.
Status make_directories(const Instance& instance);

// Takes <run_dir>/<what>.lock without waiting. The error names the owner's pid.
Result<UniqueFd> lock_instance(const Instance& instance, const std::string& what);

// Process that holds the lock, 0 when nobody does.
pid_t lock_owner(const Instance& instance, const std::string& what);

}  // namespace aegis
