// SPDX-License-Identifier: Apache-2.0
// The canary: a file of the agent's own that every attached program must act
// on, and a child that tries. What the child felt is the only evidence that a
// mechanism works; the agent itself never touches the file while it is armed.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
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

class Canary {
 public:
  // Makes the file in `directory`, which only root can enter.
  static Result<Canary> make(const std::string& directory);
  Canary(Canary&&) = default;
  Canary& operator=(Canary&&) = default;
  ~Canary();

  aegis_inode inode() const { return inode_; }
  const std::string& path() const { return path_; }

  // One child an act. `hooks` limits the acts to the hooks that are attached;
  // `only_open` to the one act every rung can feel. `signal` is what is to kill.
  std::vector<Feeling> feel(Mechanism mechanism, uint32_t hooks, int signal, bool only_open) const;

  // After the programs were released: returns when no act is stopped any more, or
  // false after five seconds. Uses the file up; remove() is all that is left.
  bool wait_until_unfelt(Mechanism mechanism, uint32_t hooks, int signal) const;

  // Removes the file. Disarm the canary in the settings first, or this process dies.
  void remove();

 private:
  Canary() = default;
  std::string path_;
  UniqueFd file_;
  aegis_inode inode_{};
};

// True when every act was stopped in the mechanism's own way and at least one was tried.
bool is_felt(const std::vector<Feeling>& feelings, Mechanism mechanism);

// Removes canary files that an agent which was killed left behind, but for
// those whose path begins with `keep` ("" keeps none). Only while none is armed.
void remove_stale_canaries(const std::string& directory, const std::string& keep);

}  // namespace aegis
