// SPDX-License-Identifier: Apache-2.0
#include "lib/cgroup.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/vfs.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <memory>

#include "lib/text.h"

namespace aegis {
namespace {

constexpr int kernfs_handle_type = 0xfe;  // FILEID_KERNFS, include/linux/exportfs.h

bool is_cgroup2(const std::string& path) {
  struct statfs info;
  return ::statfs(path.c_str(), &info) == 0 && info.f_type == CGROUP2_SUPER_MAGIC;
}

// The 64-bit kernfs id is the file handle (the kernel documents no other way).
Result<uint64_t> cgroup_id(const std::string& path) {
  uint64_t id;
  alignas(file_handle) char buffer[sizeof(file_handle) + sizeof id] = {};
  auto* handle = reinterpret_cast<file_handle*>(buffer);
  handle->handle_bytes = sizeof id;
  int mount_id;
  if (::name_to_handle_at(AT_FDCWD, path.c_str(), handle, &mount_id, 0) != 0)
    return system_error("read the id of cgroup " + path, errno, "Name an existing cgroup directory");
  std::memcpy(&id, buffer + sizeof(file_handle), sizeof id);
  return id;
}

}  // namespace

Result<std::string> find_cgroup_mount() {
  if (is_cgroup2("/sys/fs/cgroup")) return std::string("/sys/fs/cgroup");
  if (is_cgroup2("/sys/fs/cgroup/unified")) return std::string("/sys/fs/cgroup/unified");
  return Error{"cannot find the cgroup v2 hierarchy: not mounted at /sys/fs/cgroup",
               "Mount it: mount -t cgroup2 cgroup2 /sys/fs/cgroup", "CGROUP_V2_MISSING"};
}

Result<Cgroup> resolve_cgroup(const std::string& mount, const std::string& path) {
  const bool below_mount = path == mount || path.starts_with(mount + "/");
  const std::string wanted = below_mount ? path : mount + path;
  const std::unique_ptr<char, decltype(&::free)> real(::realpath(wanted.c_str(), nullptr), ::free);
  if (!real) return system_error("find cgroup " + path, errno, "Name an existing cgroup directory");
  const std::string resolved = real.get();
  if (!is_cgroup2(resolved))
    return Error{"cannot use " + path + ": not a cgroup v2 directory", "Name a directory below " + mount};
  const auto id = cgroup_id(resolved);
  if (!id) return id.error();
  UniqueFd directory(::open(resolved.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return system_error("open cgroup " + path, errno);
  return Cgroup{*id, path, std::move(directory)};
}

Result<Cgroup> open_cgroup_by_id(const std::string& mount, uint64_t id) {
  const std::string name = "cgid:" + std::to_string(id);
  const UniqueFd root(::open(mount.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root) return system_error("open " + mount, errno);
  alignas(file_handle) char buffer[sizeof(file_handle) + sizeof id] = {};
  auto* handle = reinterpret_cast<file_handle*>(buffer);
  handle->handle_bytes = sizeof id;
  handle->handle_type = kernfs_handle_type;
  std::memcpy(buffer + sizeof(file_handle), &id, sizeof id);
  UniqueFd directory(::open_by_handle_at(root.get(), handle, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return system_error("find cgroup " + name, errno, "Name a cgroup that exists");
  return Cgroup{id, name, std::move(directory)};
}

Result<Cgroup> own_cgroup(const std::string& mount) {
  const auto text = read_file("/proc/self/cgroup", 1u << 20);
  if (!text) return text.error();
  for (const auto line : split(*text, '\n')) {
    if (!line.starts_with("0::")) continue;
    const std::string path(line.substr(3));
    return resolve_cgroup(mount, path == "/" ? mount : mount + path);
  }
  return Error{"cannot find this process in the cgroup v2 hierarchy", "Start it where cgroup v2 is in use",
               "CGROUP_V2_MISSING"};
}

}  // namespace aegis
