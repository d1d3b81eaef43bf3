// SPDX-License-Identifier: Apache-2.0
// Loading a kernel module: the file `module` in the row's folder, as the kernel's package has it. Its name is in the
// file `name`.
#define _GNU_SOURCE
#include "way.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MODULE_INIT_COMPRESSED_FILE 4
#define MODULE_WAY(id, name, attempt, says) WAY_ROUND(MODULES, id, name, USES, NULL, attempt, says)

static enum result ended(long result)
{
	return result ? refused() : DID;
}

static enum result by_descriptor(const struct place *place, const char *path)
{
	(void)place;
	return ended(syscall(SYS_finit_module, open(path, O_RDONLY), "", 0));
}

static enum result compressed(const struct place *place, const char *path)
{
	(void)place;
	return ended(syscall(SYS_finit_module, open(path, O_RDONLY), "", MODULE_INIT_COMPRESSED_FILE));
}

static enum result from_memory(const struct place *place, const char *path)
{
	struct stat file;
	int descriptor = open(path, O_RDONLY);
	void *image = fstat(descriptor, &file) ? MAP_FAILED :
					       mmap(NULL, (size_t)file.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);

	(void)place;
	return image == MAP_FAILED ? could_not("map the module") : ended(syscall(SYS_init_module, image, file.st_size, ""));
}

static enum result from_memfd(const struct place *place, const char *path)
{
	struct stat file;
	unsigned char first = 0;
	int from = open(path, O_RDONLY), copy = (int)syscall(SYS_memfd_create, "module", 0);

	(void)place;
	if (fstat(from, &file) || sendfile(copy, from, NULL, (size_t)file.st_size) != file.st_size ||
	    pread(from, &first, 1, 0) != 1)
		return could_not("copy the module");
	// An ELF file begins with 0x7f; all else is compressed.
	return ended(syscall(SYS_finit_module, copy, "", first == 0x7f ? 0 : MODULE_INIT_COMPRESSED_FILE));
}

// Tries in a child, and tells afterwards whether the module is there; it is taken out again.
static enum result and_look(const struct place *place, enum result (*load)(const struct place *, const char *))
{
	char name[64] = "", path[128];
	int named = open(in(place, "name"), O_RDONLY);

	if (read(named, name, sizeof(name) - 1) <= 0)
		return could_not("learn the module's name");
	name[strcspn(name, "\n")] = '\0';
	snprintf(path, sizeof(path), "/sys/module/%s", name);
	if (access(path, F_OK) == 0)
		return errno = 0, could_not("load it: it is there already");
	enum result result = by_child(place, load, in(place, "module"));
	if (access(path, F_OK))
		return result;
	snprintf(place->memory, place->memory_size, "taken");
	syscall(SYS_delete_module, name, O_NONBLOCK);
	return did();
}

#define LOADS(id, name, act, says)                       \
	static enum result id(const struct place *place) \
	{                                                \
		return and_look(place, act);             \
	}                                                \
	MODULE_WAY(module_##id, name, id, says)

LOADS(finit, "finit-module", by_descriptor, "finit_module");
LOADS(finit_compressed, "finit-module-compressed", compressed, "finit_module of a compressed file");
LOADS(init, "init-module", from_memory, "init_module, from memory");
LOADS(finit_memfd, "finit-module-memfd", from_memfd, "finit_module of a memfd");
