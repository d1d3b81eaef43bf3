// SPDX-License-Identifier: Apache-2.0
#include "policy_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "../lib/unique_fd.h"

namespace aegis::runtime {

Result<ToolPolicy> load_tool_policy(const std::string& path) {
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) return system_error("read " + path, errno);
  struct stat info {};
  if (fstat(file.get(), &info) != 0) return system_error("look at " + path, errno);
  if (!S_ISREG(info.st_mode)) return Error{"cannot read " + path + ": not a plain file"};
  if (info.st_uid != 0 && info.st_uid != geteuid())
    return Error{"cannot trust " + path + ": it belongs to another user"};
  if ((info.st_mode & 022) != 0)
    return Error{"cannot trust " + path + ": others may write it", "Make it mode 0644 or 0600"};
  std::string text;
  char chunk[65536];
  for (;;) {
    const ssize_t got = read(file.get(), chunk, sizeof chunk);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("read " + path, errno);
    if (got == 0) return parse_tool_policy(text, path);
    text.append(chunk, static_cast<std::size_t>(got));
    if (text.size() > max_policy_bytes) return Error{"cannot read " + path + ": the file is too large"};
  }
}

}  // namespace aegis::runtime
