// SPDX-License-Identifier: Apache-2.0
// Which kinds of BPF program this kernel lets the caller load, felt by loading one of each that does nothing and is
// never attached: one JSON object on stdout, {"lsm":ERRNO,"fmod_ret":ERRNO,"fentry":ERRNO,"tracepoint":ERRNO}, 0 for
// loaded. That a program loads does not mean that it fires when attached (BPF-LSM without `bpf` in lsm=).
// Exit: 0 told.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <unistd.h>

// Every kernel since 5.10 has it, may be traced at it and may have its return value changed.
#define HOOK "file_open"

static int errno_of_load(enum bpf_prog_type type, enum bpf_attach_type attach, const char *hook)
{
	// r0 = 0; exit
	const struct bpf_insn nothing[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = attach);
	if (hook) {
		int id = libbpf_find_vmlinux_btf_id(hook, attach);
		if (id < 0)
			return -id;
		options.attach_btf_id = (__u32)id;
	}
	int fd = bpf_prog_load(type, "aegis_feel", "GPL", nothing, sizeof(nothing) / sizeof(nothing[0]), &options);
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level, (void)format, (void)args;
	return 0;
}

int main(void)
{
	libbpf_set_print(quiet);
	printf("{\"lsm\":%d,\"fmod_ret\":%d,\"fentry\":%d,\"tracepoint\":%d}\n",
	       errno_of_load(BPF_PROG_TYPE_LSM, BPF_LSM_MAC, HOOK),
	       errno_of_load(BPF_PROG_TYPE_TRACING, BPF_MODIFY_RETURN, "security_" HOOK),
	       errno_of_load(BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, "security_" HOOK),
	       errno_of_load(BPF_PROG_TYPE_TRACEPOINT, 0, NULL));
	return fflush(stdout) != 0;
}
