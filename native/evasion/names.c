// SPDX-License-Identifier: Apache-2.0
// Other names of the same file.
#define _GNU_SOURCE
#include "way.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static enum result relative(const struct place *place)
{
	return read_path(place, "secret");
}
WAY(relative, "relative-name", DISCLOSES, NULL, relative, "a relative name");

static enum result dot(const struct place *place)
{
	return read_path(place, in(place, "./secret"));
}
WAY(dot, "dot-in-name", DISCLOSES, NULL, dot, "a name with ./ in it");

static enum result dot_dot(const struct place *place)
{
	char path[600];

	snprintf(path, sizeof(path), "%s/..%s", place->folder, strrchr(place->folder, '/'));
	return chdir(path) ? could_not("enter the folder") : read_path(place, strcat(path, "/secret"));
}
WAY(dot_dot, "dot-dot-in-name", DISCLOSES, NULL, dot_dot, "a name with ../ in it");

static enum result doubled_slash(const struct place *place)
{
	return read_path(place, in(place, "/secret"));
}
WAY(doubled_slash, "doubled-slash", DISCLOSES, NULL, doubled_slash, "a name with a doubled slash");

static enum result leading_slashes(const struct place *place)
{
	char path[600];

	snprintf(path, sizeof(path), "//%s", place->secret);
	return read_path(place, path);
}
WAY(leading_slashes, "leading-slashes", DISCLOSES, NULL, leading_slashes, "a name that begins with three slashes");

static enum result long_name(const struct place *place)
{
	char path[1200];
	size_t length = strlen(strcpy(path, place->folder));

	while (length < 700)
		length += strlen(strcpy(path + length, "/."));
	return read_path(place, strcat(path, "/secret"));
}
WAY(long_name, "long-name", DISCLOSES, NULL, long_name, "a name of 700 bytes");

static enum result make_symlink(const struct place *place)
{
	return symlink("secret", in(place, "soft")) ? could_not("make a symlink") : DID;
}
static enum result soft_link(const struct place *place)
{
	return read_path(place, in(place, "soft"));
}
WAY(soft_link, "symlink", DISCLOSES, make_symlink, soft_link, "a symlink");

static enum result fresh_symlinks(const struct place *place)
{
	if (symlink(place->folder, in(place, "around")) || symlink("around/around/secret", in(place, "soft")))
		return could_not("make symlinks");
	return read_path(place, in(place, "soft"));
}
WAY(fresh_symlinks, "symlink-chain", DISCLOSES, NULL, fresh_symlinks, "a chain of symlinks made under the policy");

static enum result make_hard_link(const struct place *place)
{
	return link(place->secret, in(place, "hard")) ? could_not("make a hard link") : DID;
}
static enum result hard_link(const struct place *place)
{
	return read_path(place, in(place, "hard"));
}
WAY(hard_link, "hard-link", DISCLOSES, make_hard_link, hard_link, "a hard link from before");

static enum result linked_descriptor(const struct place *place)
{
	// The link itself is an act on the denied inode; without it the new name is not there to be read.
	if (link(place->secret, in(place, "hard")))
		return refused();
	return read_path(place, in(place, "hard"));
}
WAY(linked_descriptor, "new-hard-link", DISCLOSES, NULL, linked_descriptor, "a hard link made under the policy");

static enum result moved_folder(const struct place *place)
{
	char moved[600], path[700];

	snprintf(moved, sizeof(moved), "%s.moved", place->folder);
	snprintf(path, sizeof(path), "%s/secret", moved);
	if (rename(place->folder, moved))
		return refused();
	// Another process reads, so that this one lives to put the folder back to where the proof looks for it.
	enum result result = by_child(place, read_path, path);
	return rename(moved, place->folder) ? could_not("put the folder back") : result;
}
WAY(moved_folder, "moved-folder", DISCLOSES, NULL, moved_folder, "renaming the folder it is in");

static enum result through(const struct place *place, const char *format, int number)
{
	char path[700];

	snprintf(path, sizeof(path), format, number, place->secret);
	return read_path(place, path);
}

static enum result proc_root(const struct place *place)
{
	return through(place, "/proc/%d/root%s", getpid());
}
WAY(proc_root, "proc-root", DISCLOSES, NULL, proc_root, "/proc/PID/root");

static enum result proc_cwd(const struct place *place)
{
	return read_path(place, "/proc/self/cwd/secret");
}
WAY(proc_cwd, "proc-cwd", DISCLOSES, NULL, proc_cwd, "/proc/self/cwd");

static enum result proc_folder_fd(const struct place *place)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d/secret", open(place->folder, O_PATH));
	return read_path(place, path);
}
WAY(proc_folder_fd, "proc-folder-fd", DISCLOSES, NULL, proc_folder_fd, "/proc/self/fd/N of the folder");

static enum result proc_of_parent(const struct place *place)
{
	return through(place, "/proc/%d/root%s", getppid());
}
WAY(proc_of_parent, "proc-root-of-another", DISCLOSES, NULL, proc_of_parent, "/proc/PID/root of another process");

static enum result in_chroot(const struct place *place)
{
	if (chroot(place->folder))
		return could_not("change the root");
	return read_path(place, "/secret");
}
WAY(in_chroot, "chroot", DISCLOSES, NULL, in_chroot, "its name under another root");
