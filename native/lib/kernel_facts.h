// SPDX-License-Identifier: Apache-2.0
// What the running kernel says of itself. None of it is evidence that a
// mechanism works; only the canary is.
#pragma once

#include <cstdint>
#include <string>

#include "lib/result.h"
#include "lib/seams.h"

namespace aegis {

struct KernelFacts {
  std::string release;
  std::string boot_id;
  std::string lsm_list;  // "" when it cannot be read
  bool lsm_lists_bpf = false;
  std::string lockdown;  // none, integrity, confidentiality
  bool has_btf = false;
  bool has_bpffs = false;
  bool has_cgroup2 = false;
  bool may_load = false;  // CAP_BPF, CAP_PERFMON and CAP_SYS_ADMIN as far as needed
};

KernelFacts read_kernel_facts(const Seams& seams, const std::string& pin_root);

// True when `name` is one of the comma-separated names, as a whole word.
bool lists_lsm(const std::string& list, const std::string& name);

// The bracketed word of "none [integrity] confidentiality"; "none" when absent.
std::string selected_lockdown(const std::string& text);

// The lockdown in force: none, integrity or confidentiality.
std::string read_lockdown();

// Start time of a process in clock ticks since boot (field 22 of /proc/PID/stat), 0 when gone.
uint64_t process_start_ticks(int pid);

}  // namespace aegis
