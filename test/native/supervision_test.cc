// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <sys/socket.h>

#include "lib/supervision.h"
#include "lib/unique_fd.h"

using namespace aegis;
using supervision::Packet;

TEST_CASE("the daemon and its authority: a word and a text a packet, then the end") {
  int pair[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0);
  const UniqueFd ours(pair[0]);
  UniqueFd theirs(pair[1]);
  CHECK(supervision::hear(ours.get()).state == Packet::State::none);
  REQUIRE(supervision::say(theirs.get(), supervision::listening));
  REQUIRE(supervision::say(theirs.get(), supervision::refused, "line 5: no"));
  REQUIRE(supervision::say(theirs.get(), supervision::refused, std::string(100'000, 'x')));
  const auto first = supervision::hear(ours.get());
  CHECK(first.state == Packet::State::word);
  CHECK(first.word == "listening");
  CHECK(first.text.empty());
  const auto second = supervision::hear(ours.get());
  CHECK(second.word == "refused");
  CHECK(second.text == "line 5: no");
  CHECK(supervision::hear(ours.get()).word == "refused");  // cut, not lost
  theirs.reset();
  CHECK(supervision::hear(ours.get()).state == Packet::State::ended);
  CHECK_FALSE(supervision::say(ours.get(), supervision::policy, "/x"));
}
