// SPDX-License-Identifier: Apache-2.0
// The unified control group hierarchy, as the programs identify it: by id and depth.
#pragma once

#include <cstdint>
#include <string>

#include "lib/result.h"

namespace aegis {

struct Cgroup {
  uint64_t id = 0;     // what bpf_get_current_cgroup_id answers
  uint32_t level = 0;  // 0 is the root
  std::string path;    // as given
};

// Where cgroup2 is mounted; blocker CGROUP_V2_MISSING when it is not.
Result<std::string> find_cgroup_mount();

// Takes a path below the mount point (/sys/fs/cgroup/a.slice) or below the
// hierarchy's root (/a.slice).
Result<Cgroup> resolve_cgroup(const std::string& mount, const std::string& path);

// The cgroup this process is in.
Result<Cgroup> own_cgroup(const std::string& mount);

}  // namespace aegis
