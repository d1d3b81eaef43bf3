// SPDX-License-Identifier: Apache-2.0
// One function a command. Each answers the exit code: 0 done, 1 refused or failed.
#pragma once

#include "agent/args.h"

namespace aegis {

int run_daemon(const Arguments& arguments);
int apply_policy(const Arguments& arguments);
int validate_policy(const Arguments& arguments);
int show_policy(const Arguments& arguments);
int show_status(const Arguments& arguments);
int probe_kernel(const Arguments& arguments);
int detach_instance(const Arguments& arguments);
int switch_emergency(const Arguments& arguments);

// "aegis-agent: <what>. <way out>" on standard error, with the blocker when there is one; answers 1.
int fail(const Error& error);

}  // namespace aegis
