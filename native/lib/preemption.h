// SPDX-License-Identifier: Apache-2.0
// Whether this kernel may preempt a task inside a BPF program. Where it does,
// it skips that program for every other task on the same CPU meanwhile, and
// what the program would have denied goes through.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/kernel_btf.h"
#include "lib/mechanism.h"

namespace aegis {

// What stands behind the programs of a rung where they may be skipped.
enum class Safeguard {
  not_needed,  // they are not skipped here
  backstop,    // a function probe behind each; see bpf/backstop.bpf.h
  perf,        // the same tracepoints by way of perf; see bpf/hook.bpf.h
  none,        // nothing: a known gap
};

// Whether guards stand behind the programs.
constexpr bool is_guarded(Safeguard safeguard) {
  return safeguard == Safeguard::backstop || safeguard == Safeguard::perf;
}

const char* safeguard_name(Safeguard safeguard);

// The model selected in debugfs' sched/preempt: none, voluntary, lazy or full.
std::optional<std::string> selected_preemption(std::string_view sched_preempt);

// From what the kernel tells: `uname -v`, its command line, and the model if
// that could be read. Says yes where nothing says no.
bool may_preempt(std::string_view version, std::string_view command_line, const std::optional<std::string>& model);

// The same of the running kernel, asked once a process: the daemon gives up
// CAP_SYS_ADMIN, which it takes to be exact.
bool kernel_may_preempt();

// Whether the kernel skips programs of the mechanism under preemption at all:
// BPF-LSM programs until 6.1, tracepoints since 7.0, the others since 5.12.
bool skips_when_preempted(Mechanism mechanism, std::string_view release);

// Both, of the running kernel.
bool may_be_skipped(Mechanism mechanism);

// What the running kernel has to offer against it.
Safeguard find_safeguard(Mechanism mechanism, const KernelTypes& types);

// The id that perf knows a tracepoint by ("raw_syscalls/sys_enter"); nothing where tracefs cannot be read.
std::optional<uint64_t> tracepoint_id(const std::string& name);

}  // namespace aegis
