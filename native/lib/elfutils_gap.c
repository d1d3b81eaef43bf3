// SPDX-License-Identifier: Apache-2.0
// The static libelf of elfutils 0.192 (Debian 13) refers to two functions of an internal archive that is not shipped
// (sourceware bug 32293). They start and free the tree of raw chunks, of which an Elf that was made zeroed has none; it
// gets some only from elf_getdata_rawchunk, which libbpf never calls and which would not link here. So doing nothing
// is right. Weak, so that a libelf that brings its own wins. Can go with Debian 13.

__attribute__((weak)) void eu_search_tree_init(void *tree)
{
	(void)tree;
}

__attribute__((weak)) void eu_search_tree_fini(void *tree, void (*free_node)(void *))
{
	(void)tree;
	(void)free_node;
}
