// SPDX-License-Identifier: Apache-2.0
// aegis-evade list            the rows, one a line: NAME, KIND, EFFECT, WORDS, between tabs
// aegis-evade run FOLDER...   tries the row that each folder is named after; see driver.c
// aegis-evade read FD         what the program of an exec'd row does: reads a descriptor it inherited
#include "driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const struct way *const __start_aegis_ways[];
extern const struct way *const __stop_aegis_ways[];

static int list(void)
{
	static const char *const kinds[DENIED_COUNT] = { "file", "program", "address", "tracing", "modules" };
	static const char *const effects[] = {
		[DISCLOSES] = "discloses", [DESTROYS] = "destroys", [USES] = "uses", [RUNS] = "runs", [REACHES] = "reaches",
	};

	for (const struct way *const *way = __start_aegis_ways; way < __stop_aegis_ways; way++)
		printf("%s\t%s\t%s\t%s\n", (*way)->name, kinds[(*way)->denied], effects[(*way)->effect], (*way)->says);
	return 0;
}

const struct way *find_way(const char *name)
{
	for (const struct way *const *way = __start_aegis_ways; way < __stop_aegis_ways; way++)
		if (!strcmp((*way)->name, name))
			return *way;
	return NULL;
}

static int read_inherited(const char *number)
{
	char data[4096];
	ssize_t size = read(atoi(number), data, sizeof(data));

	return size < 0 ? refused() : disclosed(data, (size_t)size);
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "list"))
		return list();
	if (argc == 3 && !strcmp(argv[1], "read"))
		return read_inherited(argv[2]);
	if (argc >= 3 && !strcmp(argv[1], "run"))
		return drive(argc - 2, argv + 2);
	fputs("usage: aegis-evade list | run FOLDER... | read FD\n", stderr);
	return 2;
}
