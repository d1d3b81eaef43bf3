// SPDX-License-Identifier: Apache-2.0
#include "lib/program_kind.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iterator>
#include <string_view>

#include "aegis.h"
#include "lib/preemption.h"

namespace aegis {
namespace {

// Since 6.10; younger than the headers this is built with.
constexpr auto kprobe_session = static_cast<bpf_attach_type>(56);

// One kind of program: its section prefix, what it really is, and how its
// target is called in BTF; no prefix where BTF has no name for it.
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
    {"session/", BPF_PROG_TYPE_KPROBE, kprobe_session, ""},
    {"perf/", BPF_PROG_TYPE_TRACEPOINT, BPF_PERF_EVENT, nullptr},
};

const ProgramKind* kind_of(const bpf_program* program) {
  const std::string_view section = bpf_program__section_name(program);
  for (const auto& kind : kinds)
    if (section.starts_with(kind.section)) return &kind;
  return nullptr;
}

// A number that stands for a function of the kernel's in a call; see aegis.h.
struct KernelCall {
  int number;
  const char* function;
};

constexpr KernelCall kernel_calls[] = {
    {AEGIS_CALL_RDONLY_CAST, "bpf_rdonly_cast"},
    {AEGIS_CALL_SESSION_IS_RETURN, "bpf_session_is_return"},
    {AEGIS_CALL_SESSION_COOKIE, "bpf_session_cookie"},
};

// libbpf calls prepare_load from within bpf_object__load and hands nothing
// through that could carry this.
const KernelTypes* types_in_use = nullptr;

void call_kernel_function(bpf_insn& call, const KernelTypes& types) {
  for (const auto& [number, name] : kernel_calls) {
    const auto found = types.functions.find(name);
    if (call.imm != number || found == types.functions.end()) continue;
    call.src_reg = BPF_PSEUDO_KFUNC_CALL;
    call.imm = static_cast<int>(found->second.id);
    return;
  }
}

// Under lockdown=confidentiality the kernel refuses bpf_probe_read_kernel, which
// libbpf takes for a kernel older than 5.5 and replaces the user-space reads by
// the older helpers that are refused as well. Nothing here uses the older ones,
// so each such call is turned back.
void correct_calls(bpf_program* program, const KernelTypes& types) {
  auto* instructions = const_cast<bpf_insn*>(bpf_program__insns(program));
  for (size_t i = 0; i < bpf_program__insn_cnt(program); i++) {
    bpf_insn& call = instructions[i];
    if (call.code != (BPF_JMP | BPF_CALL) || call.src_reg != 0) continue;
    if (call.imm == BPF_FUNC_probe_read) call.imm = BPF_FUNC_probe_read_user;
    if (call.imm == BPF_FUNC_probe_read_str) call.imm = BPF_FUNC_probe_read_user_str;
    call_kernel_function(call, types);
  }
}

// Called by libbpf just before each program is given to the kernel.
int prepare_load(bpf_program* program, bpf_prog_load_opts* options, long index) {
  if (types_in_use == nullptr) return -EINVAL;
  const auto type = kinds[index].type;
  if (type == BPF_PROG_TYPE_LSM || type == BPF_PROG_TYPE_TRACING) {
    const auto found = types_in_use->functions.find(target_of(program));
    if (found == types_in_use->functions.end()) return -ESRCH;
    options->attach_btf_id = found->second.id;
  }
  correct_calls(program, *types_in_use);
  return bpf_program__set_type(program, type);
}

// By the name of the function, which the kernel resolves itself.
UniqueFd link_session(int program, const std::string& function) {
  const char* symbol = function.c_str();
  bpf_attr attributes{};
  attributes.link_create.prog_fd = static_cast<__u32>(program);
  attributes.link_create.attach_type = kprobe_session;
  attributes.link_create.kprobe_multi.syms = reinterpret_cast<__u64>(&symbol);
  attributes.link_create.kprobe_multi.cnt = 1;
  // libbpf's own wrapper does not know this attach type yet.
  return UniqueFd(static_cast<int>(::syscall(SYS_bpf, BPF_LINK_CREATE, &attributes, sizeof attributes)));
}

// The event belongs to one CPU, but its programs run for all of them.
UniqueFd link_perf(int program, const std::string& tracepoint) {
  const auto id = tracepoint_id(tracepoint);
  if (!id) {
    errno = ENOENT;
    return UniqueFd();
  }
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = PERF_TYPE_TRACEPOINT;
  attributes.config = *id;
  attributes.sample_period = 1;
  const UniqueFd event(
      static_cast<int>(::syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC)));
  if (!event) return UniqueFd();
  return UniqueFd(bpf_link_create(program, event.get(), BPF_PERF_EVENT, nullptr));
}

}  // namespace

Names called_functions() {
  Names names;
  for (const auto& call : kernel_calls) names.insert(call.function);
  return names;
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

std::string target_of(const bpf_program* program) {
  const ProgramKind* kind = kind_of(program);
  if (kind == nullptr) return {};
  const std::string_view section = bpf_program__section_name(program);
  return (kind->target_prefix == nullptr ? "" : kind->target_prefix) +
         std::string(section.substr(std::strlen(kind->section)));
}

bool has_btf_target(const bpf_program* program) {
  const ProgramKind* kind = kind_of(program);
  return kind != nullptr && kind->target_prefix != nullptr;
}

int load_with_types(bpf_object* object, const KernelTypes& types) {
  types_in_use = &types;
  const int error = bpf_object__load(object);
  types_in_use = nullptr;
  return error;
}

UniqueFd link_program(const bpf_program* program) {
  const int fd = bpf_program__fd(program);
  const ProgramKind* kind = kind_of(program);
  if (kind != nullptr && kind->type == BPF_PROG_TYPE_KPROBE) return link_session(fd, target_of(program));
  if (kind != nullptr && kind->type == BPF_PROG_TYPE_TRACEPOINT) return link_perf(fd, target_of(program));
  // One call attaches LSM, tracing and raw tracepoint programs alike and answers a link.
  return UniqueFd(bpf_raw_tracepoint_open(nullptr, fd));
}

}  // namespace aegis
