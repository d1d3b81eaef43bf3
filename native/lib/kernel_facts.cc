// SPDX-License-Identifier: Apache-2.0
#include "lib/kernel_facts.h"

#include <linux/capability.h>
#include <linux/magic.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cstdlib>

#include "lib/cgroup.h"
#include "lib/text.h"

namespace aegis {
namespace {

std::string first_line(const std::string& path) {
  const auto text = read_file(path, 4096);
  return text ? std::string(trim(split(*text, '\n').front())) : std::string();
}

uint64_t effective_capabilities() {
  const auto text = read_file("/proc/self/status", 65536);
  if (!text) return 0;
  for (const auto line : split(*text, '\n'))
    if (line.starts_with("CapEff:")) return std::strtoull(std::string(line.substr(7)).c_str(), nullptr, 16);
  return 0;
}

bool may_load_programs() {
  const uint64_t caps = effective_capabilities();
  const auto has = [&](unsigned cap) { return (caps >> cap & 1) != 0; };
  return has(CAP_SYS_ADMIN) || (has(CAP_BPF) && has(CAP_PERFMON));
}

// The pin root itself may not exist yet; its nearest existing parent decides.
bool is_on_bpffs(std::string path) {
  while (!path.empty()) {
    struct statfs info;
    if (::statfs(path.c_str(), &info) == 0) return info.f_type == BPF_FS_MAGIC;
    path.erase(path.find_last_of('/') == std::string::npos ? 0 : path.find_last_of('/'));
  }
  return false;
}

}  // namespace

bool lists_lsm(const std::string& list, const std::string& name) {
  for (const auto word : split(list, ','))
    if (trim(word) == name) return true;
  return false;
}

std::string selected_lockdown(const std::string& text) {
  const auto open = text.find('[');
  const auto close = text.find(']');
  if (open == std::string::npos || close == std::string::npos || close < open) return "none";
  return text.substr(open + 1, close - open - 1);
}

std::string read_lockdown() { return selected_lockdown(first_line("/sys/kernel/security/lockdown")); }

KernelFacts read_kernel_facts(const Seams& seams, const std::string& pin_root) {
  KernelFacts facts;
  utsname name{};
  if (::uname(&name) == 0) facts.release = name.release;
  facts.boot_id = first_line("/proc/sys/kernel/random/boot_id");
  facts.lsm_list = first_line(seams.lsm_path);
  facts.lsm_lists_bpf = lists_lsm(facts.lsm_list, "bpf");
  facts.lockdown = read_lockdown();
  const std::string btf = seams.btf_path.empty() ? "/sys/kernel/btf/vmlinux" : seams.btf_path;
  facts.has_btf = ::access(btf.c_str(), R_OK) == 0;
  facts.has_bpffs = is_on_bpffs(pin_root);
  facts.has_cgroup2 = static_cast<bool>(find_cgroup_mount());
  facts.may_load = may_load_programs();
  return facts;
}

uint64_t process_start_ticks(int pid) {
  const auto text = read_file("/proc/" + std::to_string(pid) + "/stat", 4096);
  if (!text) return 0;
  // The command name may hold spaces and parentheses; fields count from the last one.
  const auto end = text->rfind(')');
  if (end == std::string::npos || end + 2 > text->size()) return 0;
  const auto fields = split(std::string_view(*text).substr(end + 2), ' ');
  return fields.size() > 19 ? parse_decimal(fields[19], UINT64_MAX).value_or(0) : 0;
}

}  // namespace aegis
