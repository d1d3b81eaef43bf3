// SPDX-License-Identifier: Apache-2.0
// What a name can lose without being opened.
#define _GNU_SOURCE
#include "way.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

static enum result ended(long result)
{
	return result < 0 ? refused() : did();
}

static enum result truncate_it(const struct place *place)
{
	return ended(truncate(place->secret, 0));
}
WAY(truncate, "truncate", DESTROYS, NULL, truncate_it, "truncate");

static enum result truncate_relative(const struct place *place)
{
	(void)place;
	return ended(truncate("./secret", 3));
}
WAY(truncate_relative, "truncate-relative", DESTROYS, NULL, truncate_relative, "truncate by a relative name");

static enum result lengthen(const struct place *place)
{
	return ended(truncate(place->secret, 100000));
}
WAY(lengthen, "truncate-longer", DESTROYS, NULL, lengthen, "truncate to a greater length");

static enum result unlink_it(const struct place *place)
{
	return ended(unlink(place->secret));
}
WAY(unlink, "unlink", DESTROYS, NULL, unlink_it, "unlink");

static enum result unlinkat_relative(const struct place *place)
{
	return ended(unlinkat(open(place->folder, O_PATH), "secret", 0));
}
WAY(unlinkat, "unlinkat", DESTROYS, NULL, unlinkat_relative, "unlinkat relative to a descriptor");

static enum result rename_away(const struct place *place)
{
	return ended(rename(place->secret, in(place, "elsewhere")));
}
WAY(rename_away, "rename-away", DESTROYS, NULL, rename_away, "renaming it");

static enum result rename_over(const struct place *place)
{
	return ended(rename(in(place, "innocent"), place->secret));
}
WAY(rename_over, "rename-over", DESTROYS, NULL, rename_over, "renaming another file over it");

static enum result exchange(const struct place *place)
{
	return ended(syscall(SYS_renameat2, AT_FDCWD, in(place, "innocent"), AT_FDCWD, place->secret, RENAME_EXCHANGE));
}
WAY(exchange, "rename-exchange", DESTROYS, NULL, exchange, "exchanging it with another file");

static enum result exchange_relative(const struct place *place)
{
	(void)place;
	return ended(syscall(SYS_renameat2, AT_FDCWD, "secret", AT_FDCWD, "innocent", RENAME_EXCHANGE));
}
WAY(exchange_relative, "rename-exchange-relative", DESTROYS, NULL, exchange_relative,
    "exchanging it with another file, by relative names");

static enum result link_it(const struct place *place)
{
	return ended(link(place->secret, in(place, "second")));
}
WAY(link, "link", DESTROYS, NULL, link_it, "giving it another name");

static enum result link_descriptor(const struct place *place)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", open("secret", O_PATH));
	return ended(linkat(AT_FDCWD, path, AT_FDCWD, in(place, "second"), AT_SYMLINK_FOLLOW));
}
WAY(link_descriptor, "link-of-descriptor", DESTROYS, NULL, link_descriptor, "giving a descriptor of it another name");
