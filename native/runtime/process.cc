// SPDX-License-Identifier: Apache-2.0
#include "process.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <string>

namespace aegis::runtime {

namespace {

struct Stat {
  ProcessId id;
  pid_t parent;
};

std::optional<Stat> read_stat(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/stat";
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  char text[1024];
  const ssize_t length = read(fd, text, sizeof text - 1);
  close(fd);
  if (length <= 0) return std::nullopt;
  text[length] = '\0';
  // The command name may itself hold blanks and parentheses; the fields proper begin after the last one (proc(5)).
  const char* fields = std::strrchr(text, ')');
  int parent = 0;
  unsigned long long start = 0;
  if (!fields || std::sscanf(fields + 1, " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
                             &parent, &start) != 2)
    return std::nullopt;
  return Stat{{pid, start}, parent};
}

}  // namespace

std::optional<ProcessId> identify(pid_t pid) {
  const auto stat = read_stat(pid);
  return stat ? std::optional(stat->id) : std::nullopt;
}

Ancestry ancestry(pid_t pid, const std::function<bool(const ProcessId&)>& is_agent) {
  // Reading a chain that changes under the reader could go round; no real chain is this long.
  for (int steps = 0; steps < 4096 && pid > 0; ++steps) {
    const auto stat = read_stat(pid);
    if (!stat) return Ancestry::unknown;
    if (is_agent(stat->id)) return Ancestry::descends;
    if (stat->parent == 0) return Ancestry::clear;
    pid = stat->parent;
  }
  return Ancestry::unknown;
}

}  // namespace aegis::runtime
