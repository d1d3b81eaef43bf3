// SPDX-License-Identifier: Apache-2.0
// The canary: a file of the agent's own that the file class must act on, a name
// that the other classes must act on, and a child that tries. What the child
// felt is the only evidence that a mechanism works; the agent itself never
// touches the file while it is armed.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "lib/bpf_maps.h"
#include "lib/mechanism.h"

namespace aegis {

// What became of one act of the child.
enum class Outcome {
  denied,     // the call answered EPERM
  killed,     // the child died of the expected signal
  allowed,    // the call succeeded, or failed for its own reasons only after being let through
  could_not,  // the act could not be tried; says nothing either way
};

struct Feeling {
  size_t hook;
  std::string act;  // open, read, truncate, ...
  Outcome outcome;
  int error = 0;  // errno of the call or of what kept it from being tried
};

// How much of what is attached is tried: one act of each class, every act the
// agent can still try after it gave up its privileges, or those that need them as well.
enum class Depth { quick, full, privileged };

// How often programs of the rung have acted on the canary, and those that guard them have seen it.
struct CanarySeen {
  uint64_t own = 0, guards = 0;
};

// The same for one class.
using CanaryCount = std::function<CanarySeen(size_t rule_class)>;

class Canary {
 public:
  // Makes the file in `directory`, which only root can enter, and a new name.
  static Result<Canary> make(const std::string& directory);
  // No file: for the classes that need none, by the name of a running agent's canary.
  static Result<Canary> make_named(const aegis_name& task);
  Canary(Canary&&) = default;
  Canary& operator=(Canary&&) = default;
  ~Canary();

  aegis_inode inode() const { return inode_; }
  const std::string& path() const { return path_; }
  const aegis_name& task() const { return task_; }

  // One child an act of the hooks that are attached. `signal` is what is to
  // kill. With `count`, an act that was stopped while no program of its class
  // acted on the canary was stopped by something else: could_not.
  std::vector<Feeling> feel(HookSet hooks, int signal, Depth depth, const CanaryCount& count) const;

  // After the programs were released: returns when no act is stopped any more, or
  // false after five seconds. Uses the file up; remove() is all that is left.
  bool wait_until_unfelt(HookSet hooks, int signal) const;

  // Removes the file. Disarm the canary in the settings first, or this process dies.
  void remove();

 private:
  Canary() = default;
  Status make_program();

  std::string path_;
  UniqueFd file_, program_;
  aegis_name task_{};
  aegis_inode inode_{};
};

// True when the feelings neither confirm nor refute the mechanism: an act could
// not be tried, or a guard sent the signal for a program that was skipped.
bool is_inconclusive(const std::vector<Feeling>& feelings, Mechanism mechanism);

// True when every act was stopped in the mechanism's own way and at least one was tried.
bool is_felt(const std::vector<Feeling>& feelings, Mechanism mechanism);

// Removes canary files that an agent which was killed left behind, but for
// those whose path begins with `keep` ("" keeps none). Only while none is armed.
void remove_stale_canaries(const std::string& directory, const std::string& keep);

}  // namespace aegis
