// SPDX-License-Identifier: Apache-2.0
// What the canary's child does, one act a hook. Runs between fork and _exit:
// system calls only, no allocation.
#pragma once

#include <cstddef>

namespace aegis {

// What the acts work on; made before anything is armed.
struct CanaryTools {
  const char* path;    // the canary file's own name, "" when there is none
  const char* second;  // a name for link and rename to make
  const char* third;   // a name for rename to make
  int fd;              // the file, open for reading and writing
  int program;         // a file in memory that is no program, open for reading
  const char* task;    // the name by which the programs know the child
};

// What an act needs of the process or the kernel to reach its hook at all.
enum class Need { nothing, ipv6, module_capability };

struct CanaryAct {
  size_t hook;
  const char* name;
  int (*run)(const CanaryTools&);  // 0 when it was let through, else an errno; EPERM means refused
  bool is_quick = false;           // the one act of its class that is tried every time
  Need need = Need::nothing;
};

// In the order they are to run; on the signal rungs an act takes effect before
// the child dies, so link, rename and unlink work on each other's results.
extern const CanaryAct canary_acts[];
extern const size_t canary_act_count;

// Whether this process and kernel meet an act's need.
bool is_met(Need need);

}  // namespace aegis
