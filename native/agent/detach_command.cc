// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cstdio>

#include "agent/commands.h"
#include "lib/instance.h"
#include "lib/pin_directory.h"
#include "lib/canary.h"

namespace aegis {

// Removes pins by name alone, without reading them, so that it also clears what
// another version left. The policy text and the report stay; they are records.
int detach_instance(const Arguments& arguments) {
  const auto instance = name_instance(arguments.instance, read_seams());
  if (!instance) return fail(instance.error());
  if (auto made = make_directories(*instance); !made) return fail(made.error());
  const auto lock = lock_instance(*instance, "agent");
  if (!lock) return fail(lock.error());
  const bool there = ::access(instance->pin_root.c_str(), F_OK) == 0;
  if (auto removed = remove_pin_directory(instance->pin_root); !removed) return fail(removed.error());
  remove_stale_canaries(instance->run_dir, "");
  std::printf("instance %s %s\n", instance->name.c_str(), there ? "detached" : "had nothing attached");
  return 0;
}

}  // namespace aegis
