// SPDX-License-Identifier: Apache-2.0
#include "lib/directory_listing.h"

#include <dirent.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include <algorithm>
#include <iterator>
#include <memory>

namespace aegis {
namespace {

constexpr long xfs_magic = 0x58465342;  // not in linux/magic.h

// File systems whose directories hold the very numbers that stat answers;
// overlayfs and network file systems do not promise it.
bool lists_inodes(int directory) {
  constexpr long known[] = {EXT4_SUPER_MAGIC, TMPFS_MAGIC, BTRFS_SUPER_MAGIC, xfs_magic};
  struct statfs info;
  return ::fstatfs(directory, &info) == 0 &&
         std::find(std::begin(known), std::end(known), static_cast<long>(info.f_type)) != std::end(known);
}

}  // namespace

std::optional<DirectoryListing> DirectoryListing::read(const std::string& directory, const MountTable& mounts,
                                                       size_t limit) {
  if (mounts.has_mount_in(directory)) return std::nullopt;
  const auto found = mounts.find(directory);
  if (found.error != 0 || !found.is_directory) return std::nullopt;
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(directory.c_str()), ::closedir);
  if (!stream || !lists_inodes(::dirfd(stream.get()))) return std::nullopt;
  DirectoryListing listing;
  listing.device_ = found.inode.dev;
  size_t entries = 0;
  while (const dirent* entry = ::readdir(stream.get())) {
    if (++entries > limit) return std::nullopt;
    if (entry->d_type == DT_REG) listing.files_.emplace(entry->d_name, entry->d_ino);
  }
  return listing;
}

std::optional<aegis_inode> DirectoryListing::find(std::string_view name) const {
  const auto found = files_.find(std::string(name));
  if (found == files_.end()) return std::nullopt;
  return aegis_inode{found->second, device_, 0};
}

}  // namespace aegis
