// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "authority.h"
#include "server.h"

namespace aegis::runtime {

struct Options {
  AuthorityOptions authority;
  ServerOptions server;
  std::string socket_path;   // absolute
  bool make_folder = false;  // of the default path only
  std::string policy_path;
  int supervisor = -1;       // the socket to the daemon that started this one, -1 for none
  int supervisor_pid = 0;    // that daemon
  bool wants_help = false;
};

// Reads the command line (without the program's name). Returns an empty text, or what is wrong with it.
std::string read_options(const std::vector<std::string>& arguments, Options& options);

extern const char* const usage;

}  // namespace aegis::runtime
