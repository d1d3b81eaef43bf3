// SPDX-License-Identifier: Apache-2.0
#include "lib/program_load.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cerrno>
#include <cstring>

#include "lib/text.h"

namespace aegis {
namespace {

// The kernel function behind a section name such as lsm/file_open; "" for tracepoints.
std::string function_of(bpf_program* program) {
  const std::string section = bpf_program__section_name(program);
  const auto slash = section.find('/');
  if (slash == std::string::npos || section.starts_with("tp_btf/")) return {};
  const std::string target = section.substr(slash + 1);
  return section.starts_with("lsm/") ? "bpf_lsm_" + target : target;
}

uint32_t parameters_of(const KernelFunctions& functions, const char* name) {
  const auto found = functions.find(name);
  return found == functions.end() ? 0 : found->second.parameters;
}

// Prototypes that differ between kernels: (dentry, attr) grew an id map in front.
Status set_knobs(bpf_object* object, const KernelFunctions& functions) {
  const aegis_knobs knobs{parameters_of(functions, "bpf_lsm_inode_setattr") == 3,
                          parameters_of(functions, "security_inode_setattr") == 3};
  bpf_map* map;
  bpf_object__for_each_map(map, object)
    if (std::string_view(bpf_map__name(map)) == ".rodata.knobs" &&
        bpf_map__set_initial_value(map, &knobs, sizeof knobs) == 0)
      return Done{};
  return Error{"cannot configure the BPF object: it has no knobs", "Build it again: make -C native"};
}

}  // namespace

std::optional<size_t> hook_of_program(std::string_view program, Mechanism mechanism) {
  const std::string prefix = std::string(mechanism_name(mechanism)) + "_";
  if (!program.starts_with(prefix)) return std::nullopt;
  program.remove_prefix(prefix.size());
  if (mechanism == Mechanism::tracepoint) return AEGIS_HOOK_SYSCALL_PATH;
  for (size_t i = 0; i < hook_table.size(); i++)
    if (program == hook_table[i].name) return i;
  return std::nullopt;
}

std::set<std::string, std::less<>> wanted_functions(bpf_object* object) {
  std::set<std::string, std::less<>> names;
  bpf_program* program;
  bpf_object__for_each_program(program, object) {
    const auto name = function_of(program);
    if (!name.empty()) names.insert(name);
  }
  return names;
}

Status choose_programs(bpf_object* object, const KernelFunctions& functions, const AttachRequest& request,
                       HookStates& hooks) {
  bpf_program* program;
  bpf_object__for_each_program(program, object) {
    bpf_program__set_autoload(program, false);
    const auto index = hook_of_program(bpf_program__name(program), request.mechanism);
    if (!index || !(request.hooks >> *index & 1)) continue;
    const auto function = function_of(program);
    HookState& hook = hooks[*index];
    hook.is_wanted = true;
    hook.is_present = function.empty() || functions.contains(function);
    if (hook.is_present) {
      bpf_program__set_autoload(program, true);
    } else if (hook_table[*index].is_required) {
      return Error{"cannot attach " + std::string(bpf_program__name(program)) + ": this kernel has no " + function,
                   "Choose another rung, or a kernel that has it", "HOOK_ATTACH_FAILED"};
    }
  }
  return set_knobs(object, functions);
}

Status load_programs(bpf_object* object) {
  const int error = -bpf_object__load(object);
  if (error == 0) return Done{};
  std::string cause = take_libbpf_messages();
  if (cause.size() > 1500) cause.erase(0, cause.size() - 1500);
  const bool refused = error == EPERM;
  return Error{"cannot load the BPF programs: " + std::string(std::strerror(error)) + "\n" + cause,
               refused ? "Run as root with CAP_BPF and CAP_PERFMON; see /sys/kernel/security/lockdown"
                       : "See `aegis-agent probe` for what this kernel carries",
               refused ? "PERMISSION_MISSING" : "HOOK_ATTACH_FAILED"};
}

}  // namespace aegis
