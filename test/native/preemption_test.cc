// SPDX-License-Identifier: Apache-2.0
#include "lib/preemption.h"

#include <doctest/doctest.h>

#include "lib/canary.h"
#include "lib/program_load.h"

using namespace aegis;

TEST_CASE("the model that debugfs marks is the one selected") {
  CHECK(selected_preemption("full (lazy) \n") == "lazy");
  CHECK(selected_preemption("none (voluntary) full\n") == "voluntary");
  CHECK_FALSE(selected_preemption("").has_value());
  CHECK_FALSE(selected_preemption(")(").has_value());
}

TEST_CASE("a kernel may preempt unless something says that it does not") {
  const std::string dynamic = "#1 SMP PREEMPT_DYNAMIC Debian 6.12.1-1";
  CHECK_FALSE(may_preempt("#1 SMP Debian 5.10.0-46", "", std::nullopt));
  CHECK(may_preempt("#1 SMP PREEMPT_RT Debian", "preempt=none", "voluntary"));
  CHECK(may_preempt(dynamic, "", std::nullopt));
  CHECK(may_preempt(dynamic, "", "full"));
  CHECK(may_preempt(dynamic, "preempt=none", "lazy"));
  CHECK_FALSE(may_preempt(dynamic, "", "voluntary"));
  CHECK_FALSE(may_preempt(dynamic, "quiet preempt=full preempt=voluntary\n", std::nullopt));
  CHECK(may_preempt(dynamic, "preempt=voluntary preempt=full", std::nullopt));
  CHECK(may_preempt(dynamic, "nopreempt=none", std::nullopt));
}

TEST_CASE("which programs a kernel skips depends on its release") {
  CHECK_FALSE(skips_when_preempted(Mechanism::lsm, "5.10.0-46-amd64"));
  CHECK(skips_when_preempted(Mechanism::lsm, "6.1.0-1"));
  CHECK_FALSE(skips_when_preempted(Mechanism::lsm, "6.2.0"));
  CHECK_FALSE(skips_when_preempted(Mechanism::fentry, "5.11.9"));
  CHECK(skips_when_preempted(Mechanism::fmod_ret, "5.12"));
  CHECK_FALSE(skips_when_preempted(Mechanism::tracepoint, "6.18.15+deb13"));
  CHECK(skips_when_preempted(Mechanism::tracepoint, "7.3.4+deb13"));
}

TEST_CASE("a guard belongs to the hook it stands behind, on its own rungs") {
  CHECK(is_guard("backstop_file_open"));
  CHECK(is_guard("tracepoint_syscall_path_enter_perf"));
  CHECK_FALSE(is_guard("tracepoint_syscall_path_enter"));
  CHECK(hook_of_program("backstop_file_open", Mechanism::fmod_ret) == AEGIS_HOOK_FILE_OPEN);
  CHECK(hook_of_program("backstop_pin_rmdir", Mechanism::fentry) == AEGIS_HOOK_PIN_RMDIR);
  CHECK_FALSE(hook_of_program("backstop_file_open", Mechanism::lsm).has_value());
  CHECK(hook_of_program("tracepoint_syscall_path_exit_perf", Mechanism::tracepoint) == AEGIS_HOOK_SYSCALL_PATH);
  CHECK_FALSE(hook_of_program("backstop_syscall_path", Mechanism::tracepoint).has_value());
}

TEST_CASE("feelings that a guard caused on a synchronous rung say nothing yet") {
  const Feeling denied{AEGIS_HOOK_FILE_OPEN, "open", Outcome::denied};
  const Feeling killed{AEGIS_HOOK_FILE_OPEN, "open", Outcome::killed};
  const Feeling allowed{AEGIS_HOOK_FILE_OPEN, "open", Outcome::allowed};
  CHECK(is_inconclusive({denied, killed}, Mechanism::fmod_ret));
  CHECK_FALSE(is_inconclusive({killed}, Mechanism::fentry));
  CHECK_FALSE(is_inconclusive({denied}, Mechanism::fmod_ret));
  CHECK_FALSE(is_inconclusive({killed, allowed}, Mechanism::fmod_ret));
}
