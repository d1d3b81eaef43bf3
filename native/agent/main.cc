// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "agent/commands.h"

int main(int argc, char** argv) {
  using namespace aegis;
  const auto arguments = parse_arguments(argc, argv);
  if (!arguments) {
    fail(arguments.error());
    return 2;
  }
  switch (arguments->command) {
    case Command::help:
      std::fputs(arguments->help.c_str(), stdout);
      return 0;
    case Command::version:
      std::puts("aegis-agent " AEGIS_VERSION);
      return 0;
    case Command::run:
      return run_daemon(*arguments);
    case Command::policy_apply:
      return apply_policy(*arguments);
    case Command::policy_validate:
      return validate_policy(*arguments);
    case Command::policy_show:
      return show_policy(*arguments);
    case Command::status:
      return show_status(*arguments);
    case Command::probe:
      return probe_kernel(*arguments);
    case Command::detach:
      return detach_instance(*arguments);
    case Command::emergency_disable:
    case Command::emergency_enable:
      return switch_emergency(*arguments);
  }
  return 2;
}
