// SPDX-License-Identifier: Apache-2.0
#include "lib/known_gaps.h"

#include <algorithm>

namespace aegis {
namespace {

using Gaps = std::vector<std::string>;

// What no mechanism sees, because it is no act of the class on the object named.
Gaps gaps_of_class(size_t rule_class) {
  switch (rule_class) {
    case AEGIS_CLASS_EXEC:
      return {"copies_of_a_program", "scripts_read_by_an_interpreter", "programs_running_before"};
    case AEGIS_CLASS_NETWORK:
      return {"raw_and_packet_sockets_choose_their_own_headers", "ports_chosen_by_the_kernel_for_datagrams",
              "data_received_on_inherited_sockets", "connections_made_by_the_kernel_for_a_mount",
              "further_addresses_of_an_sctp_association"};
    case AEGIS_CLASS_PTRACE:
      return {"tracers_attached_before", "memory_files_opened_before"};
    default:
      return {};
  }
}

Gaps gaps_of_signal(Mechanism mechanism, size_t rule_class) {
  Gaps gaps = {"act_takes_effect_before_the_signal", "pid_1_is_never_signalled", "kernel_threads_are_never_signalled"};
  if (rule_class == AEGIS_CLASS_FILE) gaps.push_back("memory_and_descriptors_shared_with_another_process");
  if (mechanism == Mechanism::fentry && rule_class == AEGIS_CLASS_MODULE) gaps.push_back("modules_loaded_on_request");
  return gaps;
}

Gaps gaps_of_tracepoint(size_t rule_class) {
  switch (rule_class) {
    case AEGIS_CLASS_FILE:
      return {"relative_and_aliased_names",
              "file_descriptors_opened_before",
              "io_uring",
              "path_changed_during_the_call",
              "paths_of_256_bytes_and_more",
              "exec_with_an_absent_path_string",
              "int_0x80_from_64_bit_code",
              "renamed_files",
              "system_calls_that_are_not_looked_at"};
    case AEGIS_CLASS_EXEC:
      return {"relative_and_aliased_names",      "path_changed_during_the_call", "paths_of_256_bytes_and_more",
              "exec_with_an_absent_path_string", "int_0x80_from_64_bit_code",    "renamed_files",
              "interpreters_and_loaders",        "execution_by_descriptor"};
    case AEGIS_CLASS_NETWORK:
      return {"io_uring",
              "sockets_connected_before",
              "address_changed_during_the_call",
              "listen_and_accept",
              "addresses_in_message_vectors_beyond_the_first",
              "socketcall_and_int_0x80",
              "protocols_are_not_told_apart"};
    case AEGIS_CLASS_PTRACE:
      return {"memory_files_below_proc", "int_0x80_from_64_bit_code"};
    case AEGIS_CLASS_MODULE:
      return {"modules_loaded_on_request", "int_0x80_from_64_bit_code"};
    case AEGIS_CLASS_BPF:
      return {"pins_removed_by_name", "int_0x80_from_64_bit_code"};
    default:
      return {};
  }
}

// What the kernel skips while another task waits preempted; see preemption.h.
Gaps gaps_of_preemption(Mechanism mechanism, Safeguard safeguard) {
  switch (safeguard) {
    case Safeguard::none:
      return {"skipped_while_another_task_is_preempted"};
    case Safeguard::backstop:
    case Safeguard::perf:
      if (mechanism == Mechanism::fmod_ret)
        return {"signalled_after_the_act_where_skipped", "skipped_while_a_bpf_call_is_preempted"};
      return {"skipped_while_a_bpf_call_is_preempted"};
    case Safeguard::not_needed:
      break;
  }
  return {};
}

void append(Gaps& gaps, const Gaps& more) {
  for (const auto& gap : more)
    if (std::find(gaps.begin(), gaps.end(), gap) == gaps.end()) gaps.push_back(gap);
}

}  // namespace

std::vector<std::string> known_gaps(Mechanism mechanism, size_t rule_class, Safeguard safeguard) {
  if (mechanism == Mechanism::none) return {};
  Gaps gaps = gaps_of_class(rule_class);
  if (sends_signal(mechanism)) append(gaps, gaps_of_signal(mechanism, rule_class));
  if (mechanism == Mechanism::tracepoint) append(gaps, gaps_of_tracepoint(rule_class));
  append(gaps, gaps_of_preemption(mechanism, safeguard));
  return gaps;
}

std::vector<std::string> known_gaps_of(Mechanism mechanism, ClassSet classes, Safeguard safeguard) {
  Gaps gaps;
  for (size_t i = 0; i < AEGIS_CLASS_COUNT; i++)
    if ((classes >> i & 1) != 0) append(gaps, known_gaps(mechanism, i, safeguard));
  return gaps;
}

}  // namespace aegis
