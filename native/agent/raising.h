// SPDX-License-Identifier: Apache-2.0
// What one start of the daemon builds up, and the climb to the rung it will
// claim. Everything here happens before readiness is announced.
#pragma once

#include <optional>

#include "agent/args.h"
#include "agent/ladder.h"
#include "lib/report.h"

namespace aegis {

class Raising {
 public:
  Raising(const Arguments& arguments, const Seams& seams, const Instance& instance, Report& report)
      : arguments_(arguments), seams_(seams), instance_(instance), report_(report) {}

  // Object, maps, settings, canary; then the rungs, then the gate's verdict into the report.
  Status raise();

  // Puts the settings back as they were before and removes the canary.
  void undo();

  // Takes the canary out of the settings, and only then off the disk.
  void disarm();

  // Releases the links, and returns when the canary feels nothing any more.
  Status take_down();

  // Whether there are maps, and with them something to watch.
  bool has_maps() const { return static_cast<bool>(maps_.control); }
  SharedMaps& maps() { return maps_; }
  Canary& canary() { return *canary_; }
  Standing& standing() { return standing_; }
  int signal() const;

 private:
  Status prepare();
  Status arm();
  GateFacts climb();
  std::optional<Standing> observe(Ladder& ladder, GateFacts& facts);
  void take_standing(Standing standing, const GateFacts& facts);
  void set_mode(uint32_t mode);

  const Arguments& arguments_;
  const Seams& seams_;
  const Instance& instance_;
  Report& report_;
  BpfImage image_;
  KernelTypes types_;
  SharedMaps maps_;
  std::optional<Canary> canary_;
  std::optional<Ground> ground_;
  Standing standing_;
  aegis_settings previous_{};
};

}  // namespace aegis
