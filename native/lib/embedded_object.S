/* The BPF object, carried inside the binary. OBJECT_PATH comes from the Makefile. */
	.section .rodata
	.balign 16
	.global aegis_embedded_object
	.global aegis_embedded_object_end
aegis_embedded_object:
	.incbin OBJECT_PATH
aegis_embedded_object_end:
	.section .note.GNU-stack,"",@progbits
