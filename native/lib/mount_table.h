// SPDX-License-Identifier: Apache-2.0
// Turns a path or a device number as user space knows it into the inode
// identity the kernel's programs see.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "aegis.h"
#include "lib/result.h"

namespace aegis {

// The kernel's internal device number, from the two halves that user space shows.
inline uint32_t kernel_device(unsigned major, unsigned minor) { return major << 20 | minor; }

class MountTable {
 public:
  // Reads /proc/self/mountinfo.
  static Result<MountTable> read();

  // Identity of what `path` resolves to, links followed. The device is that of
  // the mounted superblock: st_dev differs from it on btrfs and overlayfs.
  // Errors are errno values with no object named; 0 in `error` means found.
  struct Found {
    aegis_inode inode{};
    bool is_directory = false;
    bool is_link = false;  // the last component; only when links are not followed
    int error = 0;
  };
  enum class Links { follow, keep };
  Found find(const std::string& path, Links links = Links::follow) const;

  // Whether something is mounted on a name directly below a directory (a real path).
  bool has_mount_in(const std::string& directory) const { return parents_.contains(directory); }

 private:
  std::unordered_map<uint64_t, uint32_t> device_of_mount_;
  std::unordered_set<std::string> parents_;  // of all mount points
};

}  // namespace aegis
