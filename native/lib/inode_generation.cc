// SPDX-License-Identifier: Apache-2.0
#include "lib/inode_generation.h"

#include <fcntl.h>

#include <cstring>

namespace aegis {
namespace {

// The handle most file systems share (include/linux/exportfs.h: FILEID_INO32_GEN).
constexpr int inode_and_generation = 1;

struct SharedHandle {
  uint32_t ino;
  uint32_t generation;
};

}  // namespace

uint32_t inode_generation(const std::string& path, uint64_t ino) {
  alignas(file_handle) char room[sizeof(file_handle) + MAX_HANDLE_SZ];
  auto* handle = reinterpret_cast<file_handle*>(room);
  handle->handle_bytes = MAX_HANDLE_SZ;
  int mount = 0;
  if (::name_to_handle_at(AT_FDCWD, path.c_str(), handle, &mount, AT_SYMLINK_FOLLOW) != 0) return 0;
  SharedHandle shared;
  if (handle->handle_type != inode_and_generation || handle->handle_bytes != sizeof shared) return 0;
  std::memcpy(&shared, handle->f_handle, sizeof shared);
  return shared.ino == ino ? shared.generation : 0;
}

}  // namespace aegis
