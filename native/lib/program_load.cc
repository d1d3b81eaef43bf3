// SPDX-License-Identifier: Apache-2.0
#include "lib/program_load.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include <cerrno>
#include <cstring>
#include <iterator>

#include "lib/kernel_facts.h"
#include "lib/program_kind.h"
#include "lib/text.h"

namespace aegis {
namespace {

// How the programs that guard against preemption are called.
constexpr std::string_view backstop_prefix = "backstop_";
constexpr std::string_view perf_suffix = "_perf";

constexpr const char* cast_function = "bpf_rdonly_cast";
constexpr const char* page_function = "sock_sendpage";  // gone in 6.5
constexpr const char* address_structure = "sockaddr_in6";

constexpr const char* cast_types[] = {
#define AEGIS_TYPE_NAME(name) #name,
    AEGIS_TYPES(AEGIS_TYPE_NAME)
#undef AEGIS_TYPE_NAME
};

uint32_t parameters_of(const KernelFunctions& functions, const char* name) {
  const auto found = functions.find(name);
  return found == functions.end() ? 0 : found->second.parameters;
}

uint32_t number_of(const Numbers& numbers, const char* name) {
  const auto found = numbers.find(name);
  return found == numbers.end() ? 0 : found->second;
}

bool casts_addresses(const KernelTypes& types) {
  return types.functions.contains(cast_function) && types.structure_ids.contains(address_structure);
}

// What differs between kernels: (dentry, attr) grew an id map in front, numbers moved, a cast came.
aegis_knobs find_knobs(const KernelTypes& types, const AttachRequest& request) {
  aegis_knobs knobs{};
  knobs.setattr_has_idmap_lsm = parameters_of(types.functions, "bpf_lsm_inode_setattr") == 3;
  knobs.setattr_has_idmap_function = parameters_of(types.functions, "security_inode_setattr") == 3;
  knobs.address_by_cast = casts_addresses(types);
  knobs.backstopped = static_cast<uint8_t>(request.mechanism);
  knobs.guarded = is_guarded(request.safeguard);
  for (size_t i = 0; i < std::size(cast_types); i++) knobs.types[i] = number_of(types.structure_ids, cast_types[i]);
  knobs.reading_module = number_of(types.enumerators, "READING_MODULE");
  knobs.reading_module_compressed = number_of(types.enumerators, "READING_MODULE_COMPRESSED");
  knobs.loading_module = number_of(types.enumerators, "LOADING_MODULE");
  return knobs;
}

Status set_knobs(bpf_object* object, const KernelTypes& types, const AttachRequest& request) {
  const aegis_knobs knobs = find_knobs(types, request);
  bpf_map* map;
  bpf_object__for_each_map(map, object) if (std::string_view(bpf_map__name(map)) == ".rodata.knobs" &&
                                            bpf_map__set_initial_value(map, &knobs, sizeof knobs) == 0) return Done{};
  return Error{"cannot configure the BPF object: it has no knobs", "Build it again: make -C native"};
}

// Where splices go through the sendmsg hook, a program on every write would watch for nothing.
bool is_of_use(size_t hook, const KernelTypes& types) {
  return hook != AEGIS_HOOK_SOCKET_SPLICE || types.functions.contains(page_function);
}

// Guards come beside the programs they stand behind.
bool belongs_to(std::string_view program, Safeguard safeguard) {
  return !is_guard(program) || is_guarded(safeguard);
}

const char* missing_blocker(size_t hook) {
  return hook_table[hook].rule_class == AEGIS_CLASS_NETWORK ? "NETWORK_HOOK_UNAVAILABLE" : "HOOK_ATTACH_FAILED";
}

// The address a datagram goes to lies behind an untyped pointer. A kernel that
// can neither cast it nor lets a helper read it must not claim the class.
Status check_addresses(const KernelTypes& types, const AttachRequest& request) {
  const HookSet readers = hook_bit(AEGIS_HOOK_SOCKET_CONNECT) | hook_bit(AEGIS_HOOK_SOCKET_SENDMSG);
  if ((request.hooks & readers) == 0 || casts_addresses(types) || read_lockdown() != "confidentiality") return Done{};
  return Error{
      "cannot read socket addresses: this kernel has no bpf_rdonly_cast, and lockdown=confidentiality "
      "refuses the helper that would do",
      "Use Linux 6.2 or later, or lockdown=integrity, or leave the network sections out", "NETWORK_HOOK_UNAVAILABLE"};
}

}  // namespace

bool is_guard(std::string_view program) {
  return program.starts_with(backstop_prefix) || program.ends_with(perf_suffix);
}

std::optional<size_t> hook_of_program(std::string_view program, Mechanism mechanism) {
  const std::string prefix = std::string(mechanism_name(mechanism)) + "_";
  if (program.starts_with(backstop_prefix) && (mechanism == Mechanism::fmod_ret || mechanism == Mechanism::fentry))
    program.remove_prefix(backstop_prefix.size());
  else if (program.starts_with(prefix))
    program.remove_prefix(prefix.size());
  else
    return std::nullopt;
  if (mechanism == Mechanism::tracepoint)
    for (const std::string_view end : {perf_suffix, std::string_view("_enter"), std::string_view("_exit")})
      if (program.ends_with(end)) program.remove_suffix(end.size());
  for (size_t i = 0; i < hook_table.size(); i++)
    if (program == hook_table[i].name) return i;
  return std::nullopt;
}

// Structures of the object's own BTF are the candidates; those that the kernel
// does not have (maps, the wire contract) are simply not found there.
WantedTypes wanted_types(bpf_object* object) {
  WantedTypes wanted;
  wanted.functions = called_functions();
  wanted.functions.insert(page_function);
  wanted.structure_ids.insert(std::begin(cast_types), std::end(cast_types));
  wanted.enumerations["kernel_read_file_id"] = {"READING_MODULE", "READING_MODULE_COMPRESSED"};
  wanted.enumerations["kernel_load_data_id"] = {"LOADING_MODULE"};
  bpf_program* program;
  bpf_object__for_each_program(program, object)
    if (has_btf_target(program)) wanted.functions.insert(target_of(program));
  const struct btf* own = bpf_object__btf(object);
  for (uint32_t id = 1; own != nullptr && id < btf__type_cnt(own); id++) {
    const btf_type* type = btf__type_by_id(own, id);
    if (!btf_is_struct(type) || type->name_off == 0) continue;
    auto& members = wanted.structures[btf__name_by_offset(own, type->name_off)];
    for (uint16_t i = 0; i < btf_vlen(type); i++)
      members.insert(btf__name_by_offset(own, btf_members(type)[i].name_off));
  }
  return wanted;
}

Status choose_programs(bpf_object* object, const KernelTypes& types, const AttachRequest& request, HookStates& hooks) {
  if (auto readable = check_addresses(types, request); !readable) return readable;
  bpf_program* program;
  bpf_object__for_each_program(program, object) {
    bpf_program__set_autoload(program, false);
    const std::string_view name = bpf_program__name(program);
    const auto index = hook_of_program(name, request.mechanism);
    if (!index || (request.hooks & hook_bit(*index)) == 0 || !belongs_to(name, request.safeguard)) continue;
    const auto target = target_of(program);
    HookState& hook = hooks[*index];
    hook.is_wanted = true;
    hook.is_present = (!has_btf_target(program) || types.functions.contains(target)) && is_of_use(*index, types);
    if (hook.is_present) {
      bpf_program__set_autoload(program, true);
    } else if (hook_table[*index].is_required) {
      return Error{"cannot attach " + std::string(bpf_program__name(program)) + ": this kernel has no " + target,
                   "Choose another rung, or a kernel that has it", missing_blocker(*index)};
    }
  }
  for (size_t i = 0; i < hook_table.size(); i++)
    if ((request.hooks & hook_bit(i)) != 0 && !hooks[i].is_wanted)
      return Error{"cannot attach " + std::string(hook_table[i].name) + ": the BPF object has no program for it",
                   "Use the object this build carries", missing_blocker(i)};
  return set_knobs(object, types, request);
}

Status load_programs(bpf_object* object, const KernelTypes& types) {
  const int error = -load_with_types(object, types);
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
