// SPDX-License-Identifier: Apache-2.0
#include "lib/link_end.h"

#include <bpf/bpf.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string_view>

#include "lib/pin_directory.h"
#include "lib/unique_fd.h"

namespace aegis {
namespace {

// Idle kernels take up to two; a guest that has to share its processor was seen to take more than five.
constexpr std::chrono::seconds patience{20};
constexpr timespec step{0, 2'000'000};  // the kernel offers nothing to wait on

void collect(const std::string& path, std::vector<uint32_t>& programs) {
  const auto names = list_pins(path);
  if (!names) return;
  for (const auto& name : *names) {
    const std::string entry = path + "/" + name;
    const UniqueFd object(bpf_obj_get(entry.c_str()));
    if (!object)
      collect(entry, programs);
    else if (const uint32_t id = program_of_link(object.get()))
      programs.push_back(id);
  }
}

}  // namespace

uint32_t program_of_link(int link) {
  // Maps and programs answer the same call with other structures.
  char name[64] = {};
  const std::string path = "/proc/self/fd/" + std::to_string(link);
  if (::readlink(path.c_str(), name, sizeof name - 1) < 0) return 0;
  const std::string_view kind = name;  // the kernel spells it in both ways
  if (kind != "anon_inode:bpf_link" && kind != "anon_inode:bpf-link") return 0;
  bpf_link_info info{};
  __u32 length = sizeof info;
  return bpf_obj_get_info_by_fd(link, &info, &length) == 0 ? info.prog_id : 0;
}

std::vector<uint32_t> programs_pinned_below(const std::string& path) {
  std::vector<uint32_t> programs;
  collect(path, programs);
  return programs;
}

Status wait_until_gone(const std::vector<uint32_t>& programs) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (const uint32_t program : programs) {
    for (;;) {
      const UniqueFd fd(bpf_prog_get_fd_by_id(program));
      if (!fd && errno == ENOENT) break;
      if (!fd) return system_error("see program " + std::to_string(program) + " go", errno);
      if (std::chrono::steady_clock::now() > deadline)
        return Error{"cannot see program " + std::to_string(program) + " go: still there after twenty seconds",
                     "Look for another holder: bpftool prog show id " + std::to_string(program)};
      ::nanosleep(&step, nullptr);
    }
  }
  return Done{};
}

}  // namespace aegis
