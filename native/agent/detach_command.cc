// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cstdio>

#include "agent/commands.h"
#include "lib/canary.h"
#include "lib/instance.h"
#include "lib/link_end.h"
#include "lib/pin_directory.h"

namespace aegis {

// Removes pins whatever they hold, so that it also clears what another version
// left, and returns when the programs are out of the kernel. The policy text and the report stay; they are records.
int detach_instance(const Arguments& arguments) {
  const auto instance = name_instance(arguments.instance, read_seams());
  if (!instance) return fail(instance.error());
  if (auto made = make_directories(*instance); !made) return fail(made.error());
  const auto lock = lock_instance(*instance, "agent");
  if (!lock) return fail(lock.error());
  const bool there = ::access(instance->pin_root.c_str(), F_OK) == 0;
  const auto programs = programs_pinned_below(instance->pin_root);
  if (auto removed = remove_pin_directory(instance->pin_root); !removed) return fail(removed.error());
  if (auto gone = wait_until_gone(programs); !gone) return fail(gone.error());
  remove_stale_canaries(instance->run_dir, "");
  std::printf("instance %s %s\n", instance->name.c_str(), there ? "detached" : "had nothing attached");
  return 0;
}

}  // namespace aegis
