// SPDX-License-Identifier: Apache-2.0
// Other mounts, other namespaces, other roots.
#define _GNU_SOURCE
#include "way.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE 1
#endif
#ifndef MOVE_MOUNT_F_EMPTY_PATH
#define MOVE_MOUNT_F_EMPTY_PATH 0x4
#endif

static enum result own_mounts(const struct place *place)
{
	(void)place;
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return could_not("make a mount namespace");
	return DID;
}

static enum result in_namespace(const struct place *place)
{
	TRY(own_mounts(place));
	return read_path(place, place->secret);
}
WAY(mount_namespace, "mount-namespace", DISCLOSES, NULL, in_namespace, "a mount namespace of its own");

static enum result bind_folder(const struct place *place)
{
	TRY(own_mounts(place));
	if (mkdir(in(place, "other"), 0700) || mount(place->folder, in(place, "other"), NULL, MS_BIND, NULL))
		return could_not("bind the folder");
	return DID;
}
static enum result read_bound_folder(const struct place *place)
{
	return read_path(place, in(place, "other/secret"));
}
WAY(bind_before, "bind-mount-from-before", DISCLOSES, bind_folder, read_bound_folder, "a bind mount from before");

static enum result bind_now(const struct place *place)
{
	TRY(bind_folder(place));
	return read_bound_folder(place);
}
WAY(bind_now, "bind-mount", DISCLOSES, NULL, bind_now, "a bind mount made under the policy");

static enum result bind_file(const struct place *place)
{
	TRY(own_mounts(place));
	if (mount(place->secret, in(place, "innocent"), NULL, MS_BIND, NULL))
		return refused();
	return read_path(place, in(place, "innocent"));
}
WAY(bind_file, "bind-mount-of-file", DISCLOSES, NULL, bind_file, "bind-mounting it over another file");

static enum result in_pivoted_root(const struct place *place)
{
	TRY(own_mounts(place));
	if (mount(place->folder, place->folder, NULL, MS_BIND, NULL) || chdir(place->folder) ||
	    syscall(SYS_pivot_root, ".", ".") || chdir("/"))
		return could_not("pivot the root");
	return read_path(place, "/secret");
}
WAY(pivot_root, "pivot-root", DISCLOSES, NULL, in_pivoted_root, "its name under a pivoted root");

static enum result in_user_namespace(const struct place *place)
{
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS))
		return could_not("make a user namespace");
	int map = open("/proc/self/uid_map", O_WRONLY);
	if (map < 0 || write(map, "0 0 1", 5) != 5)
		return could_not("map the user");
	return read_path(place, place->secret);
}
WAY(user_namespace, "user-namespace", DISCLOSES, NULL, in_user_namespace, "a user namespace of its own");

static enum result cloned_tree(const struct place *place)
{
	int tree = (int)syscall(SYS_open_tree, AT_FDCWD, place->folder, OPEN_TREE_CLONE);

	if (tree < 0)
		return could_not("clone the mount");
	return read_opened(place, openat(tree, "secret", O_RDONLY));
}
WAY(open_tree, "open-tree", DISCLOSES, NULL, cloned_tree, "open_tree, a clone of the mount that is nowhere mounted");

static enum result moved_tree(const struct place *place)
{
	TRY(own_mounts(place));
	int tree = (int)syscall(SYS_open_tree, AT_FDCWD, place->folder, OPEN_TREE_CLONE);
	if (mkdir(in(place, "other"), 0700) || tree < 0 ||
	    syscall(SYS_move_mount, tree, "", AT_FDCWD, in(place, "other"), MOVE_MOUNT_F_EMPTY_PATH))
		return could_not("move a cloned mount");
	return read_bound_folder(place);
}
WAY(move_mount, "move-mount", DISCLOSES, NULL, moved_tree, "open_tree and move_mount");

// The device under the folder, as the mount table names it.
static enum result mount_device_again(const struct place *place)
{
	struct stat folder;
	char line[1024], source[256] = "", type[64] = "";
	unsigned int major_number, minor_number;
	FILE *table = fopen("/proc/self/mountinfo", "re");

	if (stat(place->folder, &folder) || !table)
		return could_not("look for the device");
	while (fgets(line, sizeof(line), table)) {
		char *rest = strstr(line, " - ");
		if (rest && sscanf(line, "%*d %*d %u:%u", &major_number, &minor_number) == 2 &&
		    major_number == (folder.st_dev >> 8 & 0xfff) && minor_number == (folder.st_dev & 0xff))
			sscanf(rest, " - %63s %255s", type, source);
	}
	fclose(table);
	errno = 0;
	if (strncmp(source, "/dev/", 5))
		return could_not("the folder is on no block device");
	TRY(own_mounts(place));
	if (mkdir(in(place, "other"), 0700) || mount(source, in(place, "other"), type, 0, NULL))
		return could_not("mount the device a second time");
	char path[700];
	snprintf(path, sizeof(path), "%s%s", in(place, "other"), place->secret);
	return read_path(place, path);
}
WAY(mount_device_again, "device-mounted-again", DISCLOSES, NULL, mount_device_again,
    "mounting its file system a second time");
