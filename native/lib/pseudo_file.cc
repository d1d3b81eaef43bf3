// SPDX-License-Identifier: Apache-2.0
#include "lib/pseudo_file.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>

#include "lib/unique_fd.h"

namespace aegis {

Result<std::string> read_pseudo_file(const char* filesystem, const std::string& path) {
  const UniqueFd context(::fsopen(filesystem, FSOPEN_CLOEXEC));
  if (!context || ::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0)
    return system_error(std::string("open the file system ") + filesystem, errno);
  const UniqueFd mount(::fsmount(context.get(), FSMOUNT_CLOEXEC, 0));
  if (!mount) return system_error(std::string("mount ") + filesystem, errno);
  const UniqueFd file(::openat(mount.get(), path.c_str(), O_RDONLY | O_CLOEXEC));
  char text[4096];
  const ssize_t length = file ? ::read(file.get(), text, sizeof text) : -1;
  if (length < 0) return system_error("read " + path + " of " + filesystem, errno);
  return std::string(text, static_cast<size_t>(length));
}

}  // namespace aegis
