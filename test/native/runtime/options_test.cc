// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <stdlib.h>

#include "../../../native/runtime/options.h"

using namespace aegis::runtime;

namespace {

std::string error_of(std::vector<std::string> arguments) {
  Options options;
  return read_options(arguments, options);
}

}  // namespace

TEST_CASE("flags in both spellings") {
  Options options;
  CHECK(read_options({"--socket=/tmp/a", "--policy", "/tmp/p", "--heartbeat-ttl=2", "--instance", "x-1"}, options).empty());
  CHECK(options.socket_path == "/tmp/a");
  CHECK(options.policy_path == "/tmp/p");
  CHECK(options.authority.heartbeat_ttl == 2000);
  CHECK_FALSE(options.make_folder);
}

TEST_CASE("the socket's place: flag, environment, instance") {
  Options named, plain;
  unsetenv("AEGIS_RUNTIME_SOCKET");
  CHECK(read_options({"--instance=blue"}, plain).empty());
  CHECK(plain.socket_path == "/run/aegis/blue/runtime.sock");
  CHECK(plain.make_folder);
  setenv("AEGIS_RUNTIME_SOCKET", "/tmp/env.sock", 1);
  CHECK(read_options({}, named).empty());
  unsetenv("AEGIS_RUNTIME_SOCKET");
  CHECK(named.socket_path == "/tmp/env.sock");
  CHECK_FALSE(named.make_folder);
}

TEST_CASE("misuse is named") {
  CHECK(error_of({"--nope=1"}) == "unknown flag --nope");
  CHECK(error_of({"--policy"}) == "--policy needs a value");
  CHECK(error_of({"run"}) == "unexpected argument \"run\"");
  for (const char* bad : {"0", "x", "", "1x", "-1", "99999999999999999999"})
    CHECK_FALSE(error_of({std::string("--heartbeat-ttl=") + bad}).empty());
  for (const char* bad : {"", "..", "a/b", ".hidden", "a b"})
    CHECK_FALSE(error_of({std::string("--instance=") + bad}).empty());
}

TEST_CASE("the supervisor is one descriptor and no other") {
  Options options;
  CHECK(read_options({"--socket=/tmp/a", "--supervisor=3"}, options).empty());
  CHECK(options.supervisor == 3);
  for (const char* bad : {"0", "2", "4", "x"}) CHECK_FALSE(error_of({std::string("--supervisor=") + bad}).empty());
}
