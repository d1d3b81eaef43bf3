// SPDX-License-Identifier: Apache-2.0
// Climbs the rungs in order: attach, feel, claim or take down and go on.
#pragma once

#include <optional>

#include "lib/attachment.h"
#include "lib/bpf_image.h"
#include "lib/canary.h"
#include "lib/gate.h"
#include "lib/instance.h"
#include "lib/kernel_btf.h"

namespace aegis {

// What the ladder stands on; owned by the caller, valid throughout.
struct Ground {
  const BpfImage& image;
  const Instance& instance;
  const SharedMaps& maps;
  const KernelTypes& types;
  const Canary& canary;
  int signal;        // what the signal rungs send
  bool is_pinned;    // links outlive this process
  ClassSet classes;  // whose hooks are to be attached
};

inline constexpr const char* pathless_reason =
    "the policy has rules by inode or by a path of 256 bytes and more, which this rung cannot see";

struct Standing {
  Attachment attachment;
  std::vector<Feeling> feelings;
};

class Ladder {
 public:
  explicit Ladder(const Ground& ground) : ground_(ground) {}

  // Links of an earlier process that are still in force become the first thing tried.
  void find_existing();

  // The first rung that is felt, in order; failures are kept in `blockers` and `reasons`.
  std::optional<Standing> climb(const std::vector<Mechanism>& rungs);

  // The first rung whose programs at least run, for reporting only.
  std::optional<Standing> observe(const std::vector<Mechanism>& rungs);

  bool was_tried(Mechanism mechanism) const { return tried_.contains(mechanism); }
  bool has_existing() const { return existing_.has_value(); }
  const std::set<std::string>& blockers() const { return blockers_; }
  std::string reasons() const { return reasons_; }

 private:
  std::optional<Standing> stand(Mechanism mechanism, bool must_be_felt);
  bool try_felt(Standing& standing, bool is_alone, bool must_be_felt) const;
  bool complete(Attachment& attachment);
  void keep(Standing& standing);
  void note(Mechanism mechanism, const std::string& reason, const std::string& blocker);

  const Ground& ground_;
  std::optional<Attachment> existing_;
  std::set<Mechanism> tried_;
  std::set<std::string> blockers_;
  std::string reasons_;
};

}  // namespace aegis
