// SPDX-License-Identifier: Apache-2.0
#include "lib/program_load.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include <cerrno>
#include <cstring>
#include <iterator>

#include "lib/kernel_facts.h"
#include "lib/text.h"

namespace aegis {
namespace {

// One kind of program: its section prefix, what it really is, and how its
// target is called in BTF.
struct ProgramKind {
  const char* section;
  bpf_prog_type type;
  bpf_attach_type attach_type;
  const char* target_prefix;
};

constexpr ProgramKind kinds[] = {
    {"lsm/", BPF_PROG_TYPE_LSM, BPF_LSM_MAC, "bpf_lsm_"},
    {"fmod_ret/", BPF_PROG_TYPE_TRACING, BPF_MODIFY_RETURN, ""},
    {"fentry/", BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, ""},
    {"tp_btf/", BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, "btf_trace_"},
};

// The name in BTF of what a program attaches to.
std::string target_of(const bpf_program* program) {
  const std::string_view section = bpf_program__section_name(program);
  for (const auto& kind : kinds)
    if (section.starts_with(kind.section))
      return kind.target_prefix + std::string(section.substr(std::strlen(kind.section)));
  return {};
}

constexpr const char* cast_function = "bpf_rdonly_cast";
constexpr const char* page_function = "sock_sendpage";  // gone in 6.5
constexpr const char* address_structure = "sockaddr_in6";

// libbpf calls prepare_load from within bpf_object__load and hands nothing
// through that could carry this.
const KernelTypes* types_in_use = nullptr;

// Under lockdown=confidentiality the kernel refuses bpf_probe_read_kernel, which
// libbpf takes for a kernel older than 5.5 and replaces the user-space reads by
// the older helpers that are refused as well. Nothing here uses the older ones,
// so each such call is turned back. Calls that stand for the cast, which is no
// helper but a function of the kernel's, become calls of that.
void correct_calls(bpf_program* program, const KernelTypes& types) {
  const auto cast = types.functions.find(cast_function);
  auto* instructions = const_cast<bpf_insn*>(bpf_program__insns(program));
  for (size_t i = 0; i < bpf_program__insn_cnt(program); i++) {
    bpf_insn& call = instructions[i];
    if (call.code != (BPF_JMP | BPF_CALL) || call.src_reg != 0) continue;
    if (call.imm == BPF_FUNC_probe_read) call.imm = BPF_FUNC_probe_read_user;
    if (call.imm == BPF_FUNC_probe_read_str) call.imm = BPF_FUNC_probe_read_user_str;
    if (call.imm == AEGIS_CALL_RDONLY_CAST && cast != types.functions.end()) {
      call.src_reg = BPF_PSEUDO_KFUNC_CALL;
      call.imm = static_cast<int>(cast->second.id);
    }
  }
}

// Called by libbpf just before each program is given to the kernel.
int prepare_load(bpf_program* program, bpf_prog_load_opts* options, long index) {
  if (types_in_use == nullptr) return -EINVAL;
  const auto found = types_in_use->functions.find(target_of(program));
  if (found == types_in_use->functions.end()) return -ESRCH;
  options->attach_btf_id = found->second.id;
  correct_calls(program, *types_in_use);
  return bpf_program__set_type(program, kinds[index].type);
}

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
aegis_knobs find_knobs(const KernelTypes& types) {
  aegis_knobs knobs{};
  knobs.setattr_has_idmap_lsm = parameters_of(types.functions, "bpf_lsm_inode_setattr") == 3;
  knobs.setattr_has_idmap_function = parameters_of(types.functions, "security_inode_setattr") == 3;
  knobs.address_by_cast = casts_addresses(types);
  knobs.sockaddr_in6_id = number_of(types.structure_ids, address_structure);
  knobs.reading_module = number_of(types.enumerators, "READING_MODULE");
  knobs.reading_module_compressed = number_of(types.enumerators, "READING_MODULE_COMPRESSED");
  knobs.loading_module = number_of(types.enumerators, "LOADING_MODULE");
  return knobs;
}

Status set_knobs(bpf_object* object, const KernelTypes& types) {
  const aegis_knobs knobs = find_knobs(types);
  bpf_map* map;
  bpf_object__for_each_map(map, object) if (std::string_view(bpf_map__name(map)) == ".rodata.knobs" &&
                                            bpf_map__set_initial_value(map, &knobs, sizeof knobs) == 0) return Done{};
  return Error{"cannot configure the BPF object: it has no knobs", "Build it again: make -C native"};
}

// Where splices go through the sendmsg hook, a program on every write would watch for nothing.
bool is_of_use(size_t hook, const KernelTypes& types) {
  return hook != AEGIS_HOOK_SOCKET_SPLICE || types.functions.contains(page_function);
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

std::optional<size_t> hook_of_program(std::string_view program, Mechanism mechanism) {
  const std::string prefix = std::string(mechanism_name(mechanism)) + "_";
  if (!program.starts_with(prefix)) return std::nullopt;
  program.remove_prefix(prefix.size());
  if (mechanism == Mechanism::tracepoint)
    for (const std::string_view end : {"_enter", "_exit"})
      if (program.ends_with(end)) program.remove_suffix(end.size());
  for (size_t i = 0; i < hook_table.size(); i++)
    if (program == hook_table[i].name) return i;
  return std::nullopt;
}

// Structures of the object's own BTF are the candidates; those that the kernel
// does not have (maps, the wire contract) are simply not found there.
WantedTypes wanted_types(bpf_object* object) {
  WantedTypes wanted;
  wanted.functions.insert(cast_function);
  wanted.functions.insert(page_function);
  wanted.structure_ids.insert(address_structure);
  wanted.enumerations["kernel_read_file_id"] = {"READING_MODULE", "READING_MODULE_COMPRESSED"};
  wanted.enumerations["kernel_load_data_id"] = {"LOADING_MODULE"};
  bpf_program* program;
  bpf_object__for_each_program(program, object) wanted.functions.insert(target_of(program));
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

Status register_program_kinds() {
  static const int error = [] {
    for (long index = 0; index < static_cast<long>(std::size(kinds)); index++) {
      LIBBPF_OPTS(libbpf_prog_handler_opts, options);
      options.cookie = index;
      options.prog_prepare_load_fn = prepare_load;
      // Any type that needs no BTF will do until prepare_load sets the real one.
      const int id = libbpf_register_prog_handler(kinds[index].section, BPF_PROG_TYPE_RAW_TRACEPOINT,
                                                  kinds[index].attach_type, &options);
      if (id < 0) return -id;
    }
    return 0;
  }();
  if (error != 0) return system_error("register program kinds with libbpf", error);
  return Done{};
}

Status choose_programs(bpf_object* object, const KernelTypes& types, const AttachRequest& request, HookStates& hooks) {
  if (auto readable = check_addresses(types, request); !readable) return readable;
  bpf_program* program;
  bpf_object__for_each_program(program, object) {
    bpf_program__set_autoload(program, false);
    const auto index = hook_of_program(bpf_program__name(program), request.mechanism);
    if (!index || (request.hooks & hook_bit(*index)) == 0) continue;
    const auto target = target_of(program);
    HookState& hook = hooks[*index];
    hook.is_wanted = true;
    hook.is_present = types.functions.contains(target) && is_of_use(*index, types);
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
  return set_knobs(object, types);
}

Status load_programs(bpf_object* object, const KernelTypes& types) {
  types_in_use = &types;
  const int error = -bpf_object__load(object);
  types_in_use = nullptr;
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
