// SPDX-License-Identifier: Apache-2.0
#ifndef AEGIS_PROBE_HAMMER_H
#define AEGIS_PROBE_HAMMER_H

struct tally {
	unsigned long tries, allowed, denied, killed, other;
};

// Reads `path` in one child after another until `while_there` is gone. Returns 0, or -1 with errno.
int hammer(const char *path, const char *while_there, struct tally *tally);

#endif
