// SPDX-License-Identifier: Apache-2.0
// An overlay has inodes of its own; the file below it is opened by the overlay in the name of whoever mounted it.
#define _GNU_SOURCE
#include "way.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

// Layers below a tmpfs, since an overlay's upper layer must not lie in its lower one.
static enum result mount_overlay(const struct place *place, const char *lower, const char *upper, const char *more)
{
	char options[1600], layers[512];

	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mkdir(in(place, "merged"), 0700))
		return could_not("make a mount namespace");
	snprintf(layers, sizeof(layers), "%s.layers", place->folder);
	if (mkdir(layers, 0700) && errno != EEXIST)
		return could_not("make a folder for the layers");
	for (const char *const *name = (const char *const[]){ "upper", "work", "lower", NULL }; *name; name++) {
		char path[600];
		snprintf(path, sizeof(path), "%s/%s", layers, *name);
		if (mkdir(path, 0700) && errno != EEXIST)
			return could_not("make a layer");
	}
	if (lower)
		snprintf(options, sizeof(options), "lowerdir=%s,upperdir=%s/%s,workdir=%s/work%s", lower, layers, upper, layers, more);
	else
		snprintf(options, sizeof(options), "lowerdir=%s/lower,upperdir=%s,workdir=%s/work%s", layers, upper, layers, more);
	if (mount("overlay", in(place, "merged"), "overlay", 0, options))
		return could_not("mount an overlay");
	return DID;
}

static enum result over_lower(const struct place *place)
{
	return mount_overlay(place, place->folder, "upper", "");
}

static enum result read_lower(const struct place *place)
{
	return read_path(place, in(place, "merged/secret"));
}
WAY(overlay_before, "overlay-from-before", DISCLOSES, over_lower, read_lower, "an overlay from before, over it");

static enum result read_lower_now(const struct place *place)
{
	TRY(over_lower(place));
	return read_lower(place);
}
WAY(overlay, "overlay", DISCLOSES, NULL, read_lower_now, "an overlay made under the policy, over it");

static enum result copy_up(const struct place *place)
{
	return read_opened(place, open(in(place, "merged/secret"), O_RDWR));
}
WAY(overlay_copy_up, "overlay-copy-up", DISCLOSES, over_lower, copy_up, "having an overlay copy it up");

static enum result with_metacopy(const struct place *place)
{
	return mount_overlay(place, place->folder, "upper", ",metacopy=on");
}
static enum result metadata_copy(const struct place *place)
{
	// A change of mode copies the metadata only; the data is still read from below.
	if (chmod(in(place, "merged/secret"), 0640))
		return refused();
	return read_lower(place);
}
WAY(overlay_metacopy, "overlay-metacopy", DISCLOSES, with_metacopy, metadata_copy,
    "having an overlay copy its metadata up");

static enum result over_upper(const struct place *place)
{
	TRY(mount_overlay(place, NULL, place->folder, ""));
	return read_lower(place);
}
WAY(overlay_upper, "overlay-upper", DISCLOSES, NULL, over_upper, "an overlay whose upper layer holds it");

static enum result linked_up(const struct place *place)
{
	if (link(in(place, "merged/secret"), in(place, "merged/other")))
		return refused();
	return read_path(place, in(place, "merged/other"));
}
WAY(overlay_link, "overlay-link", DISCLOSES, over_lower, linked_up, "a hard link inside an overlay");

static enum result truncate_upper(const struct place *place)
{
	TRY(mount_overlay(place, NULL, place->folder, ""));
	return truncate(in(place, "merged/secret"), 0) ? refused() : did();
}
WAY(overlay_truncate, "overlay-truncate", DESTROYS, NULL, truncate_upper, "truncating it through an overlay");

static enum result unlink_upper(const struct place *place)
{
	TRY(mount_overlay(place, NULL, place->folder, ""));
	return unlink(in(place, "merged/secret")) ? refused() : did();
}
WAY(overlay_unlink, "overlay-unlink", DESTROYS, NULL, unlink_upper, "removing it through an overlay");
