// SPDX-License-Identifier: Apache-2.0
// The inode numbers of a whole directory, by one pass over it instead of one
// system call a file: a policy names files by the hundred thousand.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "lib/mount_table.h"

namespace aegis {

class DirectoryListing {
 public:
  // Nothing where a listing would not tell what stat tells: a file system that
  // is not known to list the numbers it stats, a mount point within the
  // directory, or more than `limit` entries. `directory` is a real path.
  static std::optional<DirectoryListing> read(const std::string& directory, const MountTable& mounts, size_t limit);

  // Identity of a regular file directly below; nothing for everything else.
  std::optional<aegis_inode> find(std::string_view name) const;

 private:
  std::unordered_map<std::string, uint64_t> files_;
  uint32_t device_ = 0;
};

}  // namespace aegis
