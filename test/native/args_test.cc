// SPDX-License-Identifier: Apache-2.0
#include "agent/args.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <vector>

using namespace aegis;

namespace {

Result<Arguments> parse(std::vector<const char*> words) {
  words.insert(words.begin(), "aegis-agent");
  return parse_arguments(static_cast<int>(words.size()), words.data());
}

}  // namespace

TEST_CASE("run: defaults") {
  const auto arguments = parse({"run"});
  REQUIRE(arguments);
  CHECK(arguments->command == Command::run);
  CHECK(arguments->gate.asked == Asked::audit);
  CHECK(arguments->gate.mode == GateMode::fail_closed);
  CHECK(arguments->gate.fallback == Fallback::none);
  CHECK(arguments->gate.signal == EnforceSignal::kill);
  CHECK(arguments->gate.arm == SignalArm::automatic);
  CHECK(arguments->on_stop == OnStop::unset);
  CHECK(arguments->log == LogFormat::json);
  CHECK(arguments->instance == "default");
  CHECK(arguments->scope_cgroup.empty());
}

TEST_CASE("run: every flag, with = and with a space") {
  const auto joined = parse({"run", "--enforce", "--enforce-gate-mode=audit-fallback", "--enforce-fallback=signal",
                             "--enforce-signal=term", "--signal-arm=tracepoint", "--scope-cgroup=/a.slice",
                             "--instance=x", "--log=text", "--on-stop=detach"});
  const auto apart = parse({"run", "--enforce", "--enforce-gate-mode", "audit-fallback", "--enforce-fallback", "signal",
                            "--enforce-signal", "term", "--signal-arm", "tracepoint", "--scope-cgroup", "/a.slice",
                            "--instance", "x", "--log", "text", "--on-stop", "detach"});
  for (const auto* arguments : {&joined, &apart}) {
    REQUIRE(*arguments);
    CHECK((*arguments)->gate.asked == Asked::enforce);
    CHECK((*arguments)->gate.mode == GateMode::audit_fallback);
    CHECK((*arguments)->gate.fallback == Fallback::signal);
    CHECK((*arguments)->gate.signal == EnforceSignal::term);
    CHECK((*arguments)->gate.arm == SignalArm::tracepoint);
    CHECK((*arguments)->scope_cgroup == "/a.slice");
    CHECK((*arguments)->instance == "x");
    CHECK((*arguments)->log == LogFormat::text);
    CHECK((*arguments)->on_stop == OnStop::detach);
  }
}

TEST_CASE("the other commands") {
  CHECK(parse({"policy", "apply", "f", "--reset"})->command == Command::policy_apply);
  CHECK(parse({"policy", "apply", "f", "--reset"})->reset);
  CHECK(parse({"policy", "apply", "f"})->policy_file == "f");
  CHECK(parse({"policy", "validate", "f"})->command == Command::policy_validate);
  CHECK(parse({"policy", "show"})->command == Command::policy_show);
  CHECK(parse({"status", "--json"})->command == Command::status);
  CHECK(parse({"status", "--json"})->json);
  CHECK(parse({"probe", "--json"})->command == Command::probe);
  CHECK(parse({"detach", "--instance=y"})->command == Command::detach);
  CHECK(parse({"detach", "--instance=y"})->instance == "y");
  CHECK(parse({"emergency", "disable", "--reason=r"})->command == Command::emergency_disable);
  CHECK(parse({"emergency", "disable", "--reason=r"})->reason == "r");
  CHECK(parse({"emergency", "enable"})->command == Command::emergency_enable);
  CHECK(parse({"version"})->command == Command::version);
  CHECK(parse({"--help"})->help.find("policy") != std::string::npos);
  CHECK(parse({"run", "--help"})->help.find("--enforce-gate-mode") != std::string::npos);
}

TEST_CASE("misuse is told with the near miss") {
  struct Wrong {
    std::vector<const char*> words;
    const char* expected;
  };
  const Wrong wrongs[] = {
      {{"run", "--enforse"}, "Did you mean --enforce?"},
      {{"run", "--enforce-fallbak=signal"}, "Did you mean --enforce-fallback?"},
      {{"polcy"}, "Did you mean policy?"},
      {{"policy", "aply"}, "Did you mean apply?"},
      {{"run", "--enforce", "--audit"}, "excludes"},
      {{"run", "--enforce-gate-mode=maybe"}, "maybe"},
      {{"run", "--enforce-signal=stop"}, "stop"},
      {{"policy", "apply"}, "FILE"},
      {{}, "subcommand"},
  };
  for (const auto& wrong : wrongs) {
    const auto arguments = parse(wrong.words);
    CAPTURE(wrong.expected);
    REQUIRE_FALSE(arguments);
    CHECK(arguments.error().misuse);
    CAPTURE(arguments.error().text());
    CHECK(arguments.error().text().find(wrong.expected) != std::string::npos);
  }
}

TEST_CASE("the runtime's socket: flag before environment; the word runtime stands first or is refused") {
  ::setenv("AEGIS_RUNTIME_SOCKET", "/tmp/env.sock", 1);
  const auto named = parse({"run"});
  const auto flagged = parse({"run", "--runtime-socket=/tmp/flag.sock"});
  ::unsetenv("AEGIS_RUNTIME_SOCKET");
  REQUIRE(named);
  CHECK(named->runtime_socket == "/tmp/env.sock");
  REQUIRE(flagged);
  CHECK(flagged->runtime_socket == "/tmp/flag.sock");
  CHECK(parse({"run"})->runtime_socket.empty());
  const auto late = parse({"--instance=x", "runtime"});
  REQUIRE_FALSE(late);
  CHECK(late.error().misuse);
  const auto help = parse({"--help"});
  REQUIRE(help);
  CHECK(help->help.find("\n  runtime ") != std::string::npos);
}
