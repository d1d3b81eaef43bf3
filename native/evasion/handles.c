// SPDX-License-Identifier: Apache-2.0
// File handles: opening without any name.
#define _GNU_SOURCE
#include "way.h"

#include <fcntl.h>
#include <unistd.h>

static union {
	struct file_handle handle;
	char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
} known;

static enum result take_handle(const struct place *place)
{
	int mount;

	(void)place;
	known.handle.handle_bytes = MAX_HANDLE_SZ;
	// By a relative name, so that the row is about the handle and not about the name it was got by.
	return name_to_handle_at(AT_FDCWD, "secret", &known.handle, &mount, 0) ? could_not("take a file handle") : DID;
}

static enum result open_handle(const struct place *place)
{
	return read_opened(place, open_by_handle_at(open(place->folder, O_RDONLY), &known.handle, O_RDONLY));
}
WAY(handle_before, "handle-from-before", DISCLOSES, take_handle, open_handle,
    "open_by_handle_at with a handle from before");

static enum result fresh_handle(const struct place *place)
{
	TRY(take_handle(place));
	return open_handle(place);
}
WAY(handle, "handle", DISCLOSES, NULL, fresh_handle, "name_to_handle_at and open_by_handle_at");

static enum result handle_truncate(const struct place *place)
{
	return open_by_handle_at(open(place->folder, O_RDONLY), &known.handle, O_WRONLY | O_TRUNC) < 0 ? refused() : did();
}
WAY(handle_truncate, "handle-truncate", DESTROYS, take_handle, handle_truncate, "open_by_handle_at with O_TRUNC");
