// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "uring.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ENTRIES 8

static unsigned int *field(char *queue, unsigned int offset)
{
	return (unsigned int *)(queue + offset);
}

int set_up_ring(struct ring *ring, unsigned int flags)
{
	struct io_uring_params *params = &ring->params;
	const int access = PROT_READ | PROT_WRITE, kind = MAP_SHARED | MAP_POPULATE;

	memset(ring, 0, sizeof(*ring));
	params->flags = flags;
	params->sq_thread_idle = 2000; // milliseconds
	ring->descriptor = (int)syscall(SYS_io_uring_setup, ENTRIES, params);
	if (ring->descriptor < 0)
		return -1;
	ring->submissions = mmap(NULL, params->sq_off.array + params->sq_entries * sizeof(int), access, kind,
				 ring->descriptor, IORING_OFF_SQ_RING);
	ring->completions = mmap(NULL, params->cq_off.cqes + params->cq_entries * sizeof(struct io_uring_cqe), access,
				 kind, ring->descriptor, IORING_OFF_CQ_RING);
	ring->entries = mmap(NULL, params->sq_entries * sizeof(struct io_uring_sqe), access, kind, ring->descriptor,
			     IORING_OFF_SQES);
	return ring->submissions == MAP_FAILED || ring->completions == MAP_FAILED || ring->entries == MAP_FAILED ? -1 : 0;
}

struct io_uring_sqe *next_entry(struct ring *ring, int operation)
{
	unsigned int index = ring->filled++;
	struct io_uring_sqe *entry = &ring->entries[index];
	unsigned int tail = *field(ring->submissions, ring->params.sq_off.tail);

	memset(entry, 0, sizeof(*entry));
	entry->opcode = (__u8)operation;
	entry->user_data = index;
	field(ring->submissions, ring->params.sq_off.array)[(tail + index) & (ring->params.sq_entries - 1)] = index;
	return entry;
}

int submit(struct ring *ring, int *results)
{
	struct io_uring_params *params = &ring->params;
	unsigned int count = ring->filled, flags = IORING_ENTER_GETEVENTS;
	unsigned int *tail = field(ring->submissions, params->sq_off.tail);
	unsigned int *head = field(ring->completions, params->cq_off.head);
	unsigned int mask = *field(ring->completions, params->cq_off.ring_mask);
	struct io_uring_cqe *completions = (struct io_uring_cqe *)(ring->completions + params->cq_off.cqes);

	__atomic_store_n(tail, *tail + count, __ATOMIC_RELEASE);
	ring->filled = 0;
	if (params->flags & IORING_SETUP_SQPOLL)
		flags |= IORING_ENTER_SQ_WAKEUP;
	if (syscall(SYS_io_uring_enter, ring->descriptor, count, count, flags, NULL, 0) < 0)
		return -1;
	for (unsigned int i = 0; i < count; i++) {
		if (*head == __atomic_load_n(field(ring->completions, params->cq_off.tail), __ATOMIC_ACQUIRE)) {
			errno = EAGAIN;
			return -1;
		}
		struct io_uring_cqe *completion = &completions[*head & mask];
		results[completion->user_data] = completion->res;
		__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	}
	return 0;
}
