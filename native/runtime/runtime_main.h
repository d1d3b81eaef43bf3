// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace aegis::runtime {

// Runs the runtime authority until SIGTERM or SIGINT. argv[0] is the name to print in usage texts.
// 0: stopped as asked · 1: refused or failed (one line on stderr) · 2: misuse.
int runtime_main(int argc, char** argv);

}  // namespace aegis::runtime
