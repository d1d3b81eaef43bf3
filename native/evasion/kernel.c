// SPDX-License-Identifier: Apache-2.0
// Having the kernel itself use the file.
#define _GNU_SOURCE
#include "way.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static int before = -1, watch = -1;

static enum result switch_accounting_on(const struct place *place, const char *path)
{
	(void)place;
	if (syscall(SYS_acct, path))
		return errno == ENOSYS ? could_not("switch accounting on") : refused();
	return did();
}
static enum result account(const struct place *place)
{
	// The record of the child that asks is the first to be appended. This process lives to switch it off.
	enum result result = by_child(place, switch_accounting_on, place->secret);

	syscall(SYS_acct, NULL);
	return result;
}
WAY(acct, "acct", DESTROYS, NULL, account, "having the kernel write process accounting to it");

static enum result start_watch(const struct place *place)
{
	before = open(place->secret, O_RDONLY);
	watch = (int)syscall(SYS_fanotify_init, FAN_CLASS_NOTIF, O_RDONLY);
	if (watch < 0 || syscall(SYS_fanotify_mark, watch, FAN_MARK_ADD, (__u64)FAN_CLOSE, AT_FDCWD, place->secret))
		return could_not("watch it with fanotify");
	return before < 0 ? could_not("open it before the policy") : DID;
}
static enum result by_event(const struct place *place)
{
	struct fanotify_event_metadata event;

	close(before);
	if (read(watch, &event, sizeof(event)) < 0)
		return refused();
	return event.fd < 0 ? refused_with(EPERM) : read_descriptor(place, event.fd);
}
WAY(fanotify, "fanotify-event", DISCLOSES, start_watch, by_event, "the descriptor that comes with a fanotify event");

#define SWAP_BYTES (64 * 1024)

static enum result write_swap_header(const struct place *place)
{
	char page[4096] = {};
	unsigned int header[3] = { 1, SWAP_BYTES / sizeof(page) - 1, 0 }; // version, last page, bad pages

	memcpy(page + 1024, header, sizeof(header));
	memcpy(page + sizeof(page) - 10, "SWAPSPACE2", 10);
	before = open(place->secret, O_RDWR);
	if (before < 0)
		return could_not("open it before the policy");
	// The secret stays at the front, in the room for a boot loader.
	if (pread(before, page, 40, 0) < 0)
		return could_not("read it before the policy");
	for (int at = 0; at < SWAP_BYTES; at += (int)sizeof(page)) {
		if (pwrite(before, page, sizeof(page), at) < 0)
			return could_not("make it a swap file");
		memset(page, 0, sizeof(page));
	}
	fsync(before);
	close(before);
	return DID;
}
static enum result call_swapon(const struct place *place, const char *path)
{
	(void)place;
	return syscall(SYS_swapon, path, 0) ? refused() : DID;
}
static enum result call_swapoff(const struct place *place, const char *path)
{
	(void)place;
	return syscall(SYS_swapoff, path) ? refused() : DID;
}
static enum result swap_on(const struct place *place)
{
	enum result result = by_child(place, call_swapon, place->secret);
	char line[600];
	FILE *swaps = fopen("/proc/swaps", "re");

	if (!swaps)
		return could_not("look for swap files");
	while (fgets(line, sizeof(line), swaps))
		if (!strncmp(line, place->secret, strlen(place->secret)))
			snprintf(place->memory, place->memory_size, "taken");
	fclose(swaps);
	if (place->memory[0])
		by_child(place, call_swapoff, place->secret);
	return result;
}
WAY(swapon, "swapon", USES, write_swap_header, swap_on, "having the kernel swap to it");

static enum result open_before(const struct place *place)
{
	before = open(place->secret, O_RDWR);
	return before < 0 ? could_not("open it before the policy") : DID;
}

static enum result open_block(const struct place *place)
{
	TRY(open_before(place));
	// A loop device has whole sectors only.
	return ftruncate(before, 4096) ? could_not("lengthen it") : DID;
}

// A loop device reads in a kernel thread of its own, in nobody's name.
static enum result by_loop(const struct place *place)
{
	char name[64];
	int control, number, device;

	// A node of our own: opening it loads the module where need be.
	if (mknod(in(place, "loop-control"), S_IFCHR | 0600, makedev(10, 237)))
		return could_not("make a device node");
	control = open(in(place, "loop-control"), O_RDWR);
	number = control < 0 ? -1 : ioctl(control, LOOP_CTL_GET_FREE);
	if (number < 0)
		return could_not("get a loop device");
	snprintf(name, sizeof(name), "%s/loop", place->folder);
	if (mknod(name, S_IFBLK | 0600, makedev(7, (unsigned int)number)))
		return could_not("make a device node");
	device = open(name, O_RDONLY);
	if (device < 0)
		return could_not("open the loop device");
	if (ioctl(device, LOOP_SET_FD, before))
		return refused();
	enum result result = filled(pread(device, place->memory, 4096, 0));
	ioctl(device, LOOP_CLR_FD, 0);
	return result;
}
WAY(loop, "loop-device", DISCLOSES, open_block, by_loop, "a loop device over a descriptor from before");
