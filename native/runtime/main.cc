// SPDX-License-Identifier: Apache-2.0
// The runtime authority as a program of its own, for machines where there is nothing to enforce in the kernel.
#include "runtime_main.h"

int main(int argc, char** argv) { return aegis::runtime::runtime_main(argc, argv); }
