// SPDX-License-Identifier: Apache-2.0
// The unified control group hierarchy, as the programs identify it: by id and by descriptor.
#pragma once

#include <cstdint>
#include <string>

#include "lib/result.h"
#include "lib/unique_fd.h"

namespace aegis {

struct Cgroup {
  uint64_t id = 0;   // what bpf_get_current_cgroup_id answers
  std::string path;  // as given
  UniqueFd directory;
};

// Where cgroup2 is mounted; blocker CGROUP_V2_MISSING when it is not.
Result<std::string> find_cgroup_mount();

// Takes a path below the mount point (/sys/fs/cgroup/a.slice) or below the
// hierarchy's root (/a.slice).
Result<Cgroup> resolve_cgroup(const std::string& mount, const std::string& path);

// A cgroup by the id that the kernel gave it.
Result<Cgroup> open_cgroup_by_id(const std::string& mount, uint64_t id);

// The cgroup this process is in.
Result<Cgroup> own_cgroup(const std::string& mount);

}  // namespace aegis
