// SPDX-License-Identifier: Apache-2.0
// What the daemon and the runtime authority it supervises say to each other:
// one word and a text a packet, over a socket that ends with either of them.
#pragma once

#include <string>
#include <string_view>

#include "lib/result.h"

namespace aegis::supervision {

// From the daemon: serve the [tool] section of the file named by the text.
inline constexpr std::string_view policy = "policy";
// From the authority: it answers at its socket; the policy named is served; it is not, for the reason told; it cannot
// start, for the reason told.
inline constexpr std::string_view listening = "listening";
inline constexpr std::string_view loaded = "loaded";
inline constexpr std::string_view refused = "refused";
inline constexpr std::string_view failed = "failed";

struct Packet {
  enum class State { none, ended, word } state = State::none;  // nothing there yet, the other end is gone, or a word
  std::string word, text;
};

// Never waits. A text beyond the packet's bound is cut.
Status say(int socket, std::string_view word, std::string_view text = {});
Packet hear(int socket);

}  // namespace aegis::supervision
