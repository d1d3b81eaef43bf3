// SPDX-License-Identifier: Apache-2.0
// The command line.
#pragma once

#include <string>

#include "lib/events.h"
#include "lib/gate.h"
#include "lib/result.h"

namespace aegis {

enum class Command {
  help,
  version,
  run,
  policy_apply,
  policy_validate,
  policy_show,
  status,
  probe,
  detach,
  emergency_disable,
  emergency_enable,
};

enum class OnStop { unset, keep, detach };

struct Arguments {
  Command command = Command::help;
  std::string help;  // text to print for Command::help
  std::string instance = "default";
  bool json = false;

  GateRequest gate;
  OnStop on_stop = OnStop::unset;
  std::string scope_cgroup;
  std::string runtime_socket;  // "": the runtime authority is not served
  LogFormat log = LogFormat::json;

  std::string policy_file;
  bool reset = false;
  std::string reason;  // of an emergency
};

// Unknown commands, flags and values are errors with `misuse` set and the near miss named.
Result<Arguments> parse_arguments(int argc, const char* const* argv);

}  // namespace aegis
