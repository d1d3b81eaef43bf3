// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "agent/commands.h"

namespace aegis {

int fail(const Error& error) {
  std::fprintf(stderr, "aegis-agent: %s%s%s%s\n", error.text().c_str(), error.blocker.empty() ? "" : " [",
               error.blocker.c_str(), error.blocker.empty() ? "" : "]");
  return error.misuse ? 2 : 1;
}

}  // namespace aegis
