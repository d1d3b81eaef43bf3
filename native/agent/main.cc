// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <string_view>

#include "agent/commands.h"
#include "runtime/runtime_main.h"

int main(int argc, char** argv) {
  using namespace aegis;
  // The runtime authority needs nothing of the kernel's and has flags of its own.
  if (argc > 1 && std::string_view(argv[1]) == "runtime") return runtime::runtime_main(argc - 1, argv + 1);
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
