// SPDX-License-Identifier: Apache-2.0
// Path strings that are not there, or are another, when somebody looks at them before the kernel does.
#define _GNU_SOURCE
#include "way.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096

// A file that holds the path, so that its page can be dropped and brought in again.
static char *path_in_file(const struct place *place)
{
	int descriptor = open(in(place, "path"), O_RDWR | O_CREAT, 0600);

	if (descriptor < 0 || ftruncate(descriptor, 2 * PAGE) ||
	    pwrite(descriptor, place->secret, strlen(place->secret) + 1, 0) < 0)
		return MAP_FAILED;
	return mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
}

static enum result never_touched(const struct place *place)
{
	char *path = path_in_file(place);

	if (path == MAP_FAILED)
		return could_not("map the path");
	return read_opened(place, (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY));
}
WAY(never_touched, "path-never-touched", DISCLOSES, NULL, never_touched, "a path whose page was never touched");

static enum result dropped(const struct place *place)
{
	char *path = path_in_file(place);

	if (path == MAP_FAILED || path[0] != '/' || madvise(path, PAGE, MADV_DONTNEED))
		return could_not("drop the page");
	return read_opened(place, (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY));
}
WAY(dropped, "path-dropped", DISCLOSES, NULL, dropped, "a path whose page was dropped with MADV_DONTNEED");

static enum result dropped_exec(const struct place *place)
{
	char *path = path_in_file(place);
	char *const no_words[] = { NULL };

	if (path == MAP_FAILED)
		return could_not("map the path");
	syscall(SYS_execve, path, (char *const[]){ (char *)"ran", NULL }, no_words);
	return refused();
}
WAY(dropped_exec, "exec-path-never-touched", RUNS, NULL, dropped_exec,
    "execve of a path whose page was never touched");

// The path lies where the program will be: when the call is over, other text stands there.
static enum result under_the_program(const struct place *place)
{
	char *path = path_in_file(place), *const no_words[] = { NULL };

	path = mremap(path, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)0x50100000); // evasion.mk
	if (path == MAP_FAILED || madvise(path, PAGE, MADV_DONTNEED))
		return could_not("put the path where the program will be");
	syscall(SYS_execve, path, (char *const[]){ (char *)"ran", NULL }, no_words);
	return refused();
}
WAY(under_the_program, "exec-path-under-the-program", RUNS, NULL, under_the_program,
    "execve of an absent path at an address where the program will be");

// Two pages; the second is served by a thread of this process when the kernel asks for it.
struct served {
	int faults;
	char *pages;
	const char *second;
	size_t split;      // how much of the path is on the first page
	int changes_first; // the first page's text is replaced once the second was asked for
};

static void *serve(void *argument)
{
	struct served *served = argument;
	struct pollfd asked = { .fd = served->faults, .events = POLLIN };
	struct uffd_msg message;
	static char page[PAGE] __attribute__((aligned(PAGE)));

	if (poll(&asked, 1, 5000) != 1 || read(served->faults, &message, sizeof(message)) != sizeof(message))
		return NULL;
	strcpy(page, served->second);
	struct uffdio_copy copy = { .dst = (uintptr_t)served->pages + PAGE, .src = (uintptr_t)page, .len = PAGE };
	// The kernel has taken the first page in; whoever looks from now on sees another path.
	if (served->changes_first)
		memset(served->pages + PAGE - served->split, '/', served->split);
	ioctl(served->faults, UFFDIO_COPY, &copy);
	return NULL;
}

static enum result set_up_faults(struct served *served, const struct place *place)
{
	struct uffdio_api api = { .api = UFFD_API };
	size_t length = strlen(place->secret);

	served->faults = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (served->faults < 0 || ioctl(served->faults, UFFDIO_API, &api))
		return could_not("use userfaultfd");
	served->pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct uffdio_register range = { .range = { (uintptr_t)served->pages + PAGE, PAGE },
					 .mode = UFFDIO_REGISTER_MODE_MISSING };
	if (served->pages == MAP_FAILED || ioctl(served->faults, UFFDIO_REGISTER, &range))
		return could_not("register with userfaultfd");
	// Whole words before the split: the kernel would read a word across it again.
	served->split = length / 2 & ~(size_t)7;
	memcpy(served->pages + PAGE - served->split, place->secret, served->split);
	served->second = place->secret + served->split;
	return DID;
}

static enum result open_served(const struct place *place, int changes_first)
{
	static struct served served;
	pthread_t server;

	served.changes_first = changes_first;
	TRY(set_up_faults(&served, place));
	if (pthread_create(&server, NULL, serve, &served))
		return could_not("start a thread");
	return read_opened(place, (int)syscall(SYS_openat, AT_FDCWD, served.pages + PAGE - served.split, O_RDONLY));
}

static enum result served_late(const struct place *place)
{
	return open_served(place, 0);
}
WAY(served_late, "path-served-late", DISCLOSES, NULL, served_late,
    "a path that userfaultfd serves when the kernel reads it");

static enum result changed(const struct place *place)
{
	return open_served(place, 1);
}
WAY(changed, "path-changed", DISCLOSES, NULL, changed, "a path that another thread changes while the kernel reads it");

