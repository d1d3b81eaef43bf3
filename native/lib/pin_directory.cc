// SPDX-License-Identifier: Apache-2.0
#include "lib/pin_directory.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

namespace aegis {

Status make_pin_directory(const std::string& path) {
  for (size_t at = path.find('/', 1);; at = path.find('/', at + 1)) {
    const std::string part = path.substr(0, at);
    if (::mkdir(part.c_str(), 0700) != 0 && errno != EEXIST) {
      const int error = errno;
      struct stat info;
      if (at != std::string::npos && ::stat(part.c_str(), &info) == 0) continue;  // a parent we may not write
      return system_error("create " + part, error, "Mount bpffs first: mount -t bpf bpf /sys/fs/bpf",
                          "BPFFS_UNMOUNTED");
    }
    if (at == std::string::npos) return Done{};
  }
}

Result<std::vector<std::string>> list_pins(const std::string& path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(path.c_str()), ::closedir);
  if (!directory) return system_error("list " + path, errno);
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

Status remove_pin_directory(const std::string& path) {
  const auto names = list_pins(path);
  if (!names) {
    if (::access(path.c_str(), F_OK) != 0) return Done{};
    return names.error();
  }
  for (const auto& name : *names) {
    const std::string entry = path + "/" + name;
    if (::unlink(entry.c_str()) == 0) continue;
    if (errno != EISDIR && errno != EPERM) return system_error("remove " + entry, errno);
    if (auto removed = remove_pin_directory(entry); !removed) return removed;
  }
  if (::rmdir(path.c_str()) != 0) return system_error("remove " + path, errno);
  return Done{};
}

}  // namespace aegis
