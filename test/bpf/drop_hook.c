// Makes a mutant of the BPF object built for it: one in which the decision of the named hook is dropped.
//   usage: drop-hook HOOK <OBJECT >MUTANT
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "aegis.h"

static const char *const hooks[] = {
#define NAME(ID, name, CLASS, NEED) [AEGIS_HOOK_##ID] = #name,
	AEGIS_HOOKS(NAME)
};

int main(int argc, char **argv)
{
	static char object[8 << 20];
	size_t size = fread(object, 1, sizeof(object), stdin);
	char *mark = memmem(object, size, AEGIS_MUTANT_DROP, sizeof(AEGIS_MUTANT_DROP));
	uint32_t hook = 0;

	while (argc == 2 && hook < AEGIS_HOOK_COUNT && strcmp(hooks[hook], argv[1]) != 0)
		hook++;
	if (argc != 2 || hook == AEGIS_HOOK_COUNT) {
		fprintf(stderr, "drop-hook: no such hook\n");
		return 2;
	}
	if (size == sizeof(object) || !mark) {
		fprintf(stderr, "drop-hook: the object on standard input has no place for a hook's number\n");
		return 1;
	}
	memcpy(mark + sizeof(AEGIS_MUTANT_DROP), &hook, sizeof(hook));
	return fwrite(object, 1, size, stdout) == size ? 0 : 1;
}
