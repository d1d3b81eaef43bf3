// SPDX-License-Identifier: Apache-2.0
// As much of io_uring as the rows need, without its library.
#ifndef AEGIS_EVASION_URING_H
#define AEGIS_EVASION_URING_H

#include <linux/io_uring.h>

struct ring {
	int descriptor;
	struct io_uring_params params;
	char *submissions, *completions; // the two queues
	struct io_uring_sqe *entries;
	unsigned int filled; // entries of the next submission
};

// 0, or -1 with errno. `flags`: IORING_SETUP_*.
int set_up_ring(struct ring *ring, unsigned int flags);
// The next entry, zeroed but for its operation; its user_data is its number from 0 on.
struct io_uring_sqe *next_entry(struct ring *ring, int operation);
// Submits what is filled and waits for as many completions; `results` gets one for each entry. 0, or -1 with errno.
int submit(struct ring *ring, int *results);

#endif
