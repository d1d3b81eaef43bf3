// SPDX-License-Identifier: Apache-2.0
// Without programs in the kernel a canary must feel nothing: its acts are let
// through, and that is never taken for a denial.
#include "lib/canary.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <set>
#include <string>

using namespace aegis;

TEST_CASE("acts that nothing stops are told as allowed, on every rung") {
  char folder[] = "/tmp/aegis-canary.XXXXXX";
  REQUIRE(::mkdtemp(folder) != nullptr);
  for (const auto mechanism : {Mechanism::lsm, Mechanism::fmod_ret, Mechanism::fentry, Mechanism::tracepoint}) {
    CAPTURE(mechanism_name(mechanism));
    auto canary = Canary::make(folder);
    REQUIRE(canary);
    struct stat info;
    REQUIRE(::stat(canary->path().c_str(), &info) == 0);
    CHECK(canary->inode().ino == info.st_ino);
    const HookSet hooks = hooks_of(mechanism, class_bit(AEGIS_CLASS_FILE));
    const auto feelings = canary->feel(hooks, SIGKILL, Depth::full, {});
    CHECK(feelings.size() == (mechanism == Mechanism::tracepoint ? 1u : 10u));
    for (const auto& feeling : feelings) {
      CAPTURE(feeling.act);
      CHECK(feeling.outcome == Outcome::allowed);
    }
    CHECK_FALSE(is_felt(feelings, mechanism));
    canary->remove();
  }
  CHECK(::rmdir(folder) == 0);
}

TEST_CASE("nothing tried is nothing felt, and one act let through spoils the round") {
  CHECK_FALSE(is_felt({}, Mechanism::lsm));
  const Feeling denied{AEGIS_HOOK_FILE_OPEN, "open", Outcome::denied, 1};
  const Feeling killed{AEGIS_HOOK_FILE_OPEN, "open", Outcome::killed, 0};
  const Feeling allowed{AEGIS_HOOK_FILE_OPEN, "open", Outcome::allowed, 0};
  const Feeling could_not{AEGIS_HOOK_FILE_OPEN, "open", Outcome::could_not, 11};
  CHECK(is_felt({denied, denied}, Mechanism::lsm));
  CHECK_FALSE(is_felt({denied}, Mechanism::fentry));
  CHECK_FALSE(is_felt({killed}, Mechanism::lsm));
  CHECK(is_felt({killed}, Mechanism::tracepoint));
  CHECK_FALSE(is_felt({denied, allowed}, Mechanism::fmod_ret));
  CHECK_FALSE(is_felt({killed, could_not}, Mechanism::fentry));
}

TEST_CASE("an act that fails for a reason of its own is no denial") {
  char folder[] = "/tmp/aegis-canary.XXXXXX";
  REQUIRE(::mkdtemp(folder) != nullptr);
  auto canary = Canary::make(folder);
  REQUIRE(canary);
  REQUIRE(::unlink(canary->path().c_str()) == 0);
  const auto feelings = canary->feel(hooks_of(Mechanism::lsm, class_bit(AEGIS_CLASS_FILE)), SIGKILL, Depth::quick, {});
  REQUIRE(feelings.size() == 1);
  CHECK(feelings[0].outcome == Outcome::could_not);
  CHECK(feelings[0].error == ENOENT);
  canary->remove();
  CHECK(::rmdir(folder) == 0);
}

TEST_CASE("stale canaries go, the one in use stays") {
  char folder[] = "/tmp/aegis-canary.XXXXXX";
  REQUIRE(::mkdtemp(folder) != nullptr);
  auto stale = Canary::make(folder);
  auto fresh = Canary::make(folder);
  REQUIRE(stale);
  REQUIRE(fresh);
  remove_stale_canaries(folder, fresh->path());
  CHECK(::access(stale->path().c_str(), F_OK) != 0);
  CHECK(::access(fresh->path().c_str(), F_OK) == 0);
  fresh->remove();
  CHECK(::rmdir(folder) == 0);
}

// This machine may refuse some of the acts by itself (a container's seccomp
// filter, Yama): without a program that counted, that is no denial of ours.
TEST_CASE("an act that something else stopped is not taken for felt") {
  char folder[] = "/tmp/aegis-canary.XXXXXX";
  REQUIRE(::mkdtemp(folder) != nullptr);
  auto canary = Canary::make(folder);
  REQUIRE(canary);
  const auto silent = [](size_t) { return CanarySeen{7, 7}; };
  for (const auto mechanism : {Mechanism::lsm, Mechanism::fentry}) {
    const auto feelings = canary->feel(hooks_of(mechanism, all_classes), SIGKILL, Depth::privileged, silent);
    CHECK(feelings.size() >= 10 + 3 + 5 + 2 + 1);
    for (const auto& feeling : feelings) {
      CAPTURE(feeling.act);
      CHECK(feeling.outcome != Outcome::denied);
      CHECK(feeling.outcome != Outcome::killed);
    }
  }
  canary->remove();
  CHECK(::rmdir(folder) == 0);
}

// On a machine where the acts are stopped, one that only the rung or only its guard saw was not felt. Where
// nothing stops them, no count makes a denial of them.
TEST_CASE("counts alone make no denial") {
  char folder[] = "/tmp/aegis-canary.XXXXXX";
  REQUIRE(::mkdtemp(folder) != nullptr);
  auto canary = Canary::make(folder);
  REQUIRE(canary);
  uint64_t calls = 0;
  const auto growing = [&](size_t) { return CanarySeen{++calls, calls}; };
  const auto feelings = canary->feel(hook_bit(AEGIS_HOOK_FILE_OPEN), SIGKILL, Depth::quick, growing);
  REQUIRE(feelings.size() == 1);
  CHECK(feelings[0].outcome == Outcome::allowed);
  canary->remove();
  CHECK(::rmdir(folder) == 0);
}

TEST_CASE("a quick round tries one act of each class") {
  char folder[] = "/tmp/aegis-canary.XXXXXX";
  REQUIRE(::mkdtemp(folder) != nullptr);
  auto canary = Canary::make(folder);
  REQUIRE(canary);
  const auto feelings = canary->feel(hooks_of(Mechanism::tracepoint, all_classes), SIGKILL, Depth::quick, {});
  std::set<size_t> classes;
  for (const auto& feeling : feelings) classes.insert(hook_table[feeling.hook].rule_class);
  CHECK(classes.size() == feelings.size());
  CHECK(classes.size() == AEGIS_CLASS_COUNT);
  canary->remove();
  CHECK(::rmdir(folder) == 0);
}

TEST_CASE("each canary has a name of its own, of fifteen bytes") {
  char folder[] = "/tmp/aegis-canary.XXXXXX";
  REQUIRE(::mkdtemp(folder) != nullptr);
  auto first = Canary::make(folder);
  auto second = Canary::make(folder);
  REQUIRE(first);
  REQUIRE(second);
  const auto text = [](const aegis_name& name) {
    return std::string(reinterpret_cast<const char*>(&name), sizeof name);
  };
  CHECK(text(first->task()) != text(second->task()));
  CHECK(text(first->task()).starts_with("aegis-"));
  CHECK(text(first->task()).find('\0') == 15);
  first->remove();
  second->remove();
  CHECK(::rmdir(folder) == 0);
}
