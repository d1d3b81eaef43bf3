// SPDX-License-Identifier: Apache-2.0
#ifndef AEGIS_PROBE_PACE_H
#define AEGIS_PROBE_PACE_H

// Does one innocent act `count` times: "open" of `object`, "exec" of this program, "connect" to a loopback listener of
// its own. Returns the nanoseconds all of them took together, or -1 with errno.
long long pace(const char *act, const char *object, long count);

// What "exec" executes: this program with this single argument, which ends at once.
#define PACE_NOTHING "nothing"

#endif
