// SPDX-License-Identifier: Apache-2.0
#ifndef AEGIS_EVASION_DRIVER_H
#define AEGIS_EVASION_DRIVER_H

#include "way.h"

// The row of that name, or NULL.
const struct way *find_way(const char *name);

// Prepares every row, says `prepared` on stdout, waits for a line on stdin, then lets one row after the other try, and
// prints one JSON line for each. Returns the exit code.
int drive(int count, char **folders);

#endif
