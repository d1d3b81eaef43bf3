// SPDX-License-Identifier: Apache-2.0
// What the canary's child does, one act a hook. Runs between fork and _exit:
// system calls only, no allocation.
#pragma once

#include <cstddef>

namespace aegis {

struct CanaryFile {
  const char* path;    // the canary's own name
  const char* second;  // a name for link and rename to make
  const char* third;   // a name for rename to make
  int fd;              // open for reading and writing since before it was armed
};

struct CanaryAct {
  size_t hook;
  const char* name;
  int (*run)(const CanaryFile&);  // 0, or the errno of the call
};

// In the order they are to run; on the signal rungs an act takes effect before
// the child dies, so link, rename and unlink work on each other's results.
extern const CanaryAct canary_acts[];
extern const size_t canary_act_count;

}  // namespace aegis
