// SPDX-License-Identifier: Apache-2.0
// What the kernel itself says about BPF, asked without the agent: one JSON object on stdout,
//   {"programs":[{"id","type","name","run_time_ns","run_cnt"}],"links":[{"id","type","attach_type","prog_id","target"}]}
// types and attach types are the kernel's numbers (include/uapi/linux/bpf.h); target is the kernel function a
// tracing link sits on, or "" where the kernel does not tell (before 5.11, and other kinds of link). Run times stay 0
// unless the sysctl kernel.bpf_stats_enabled is set.
// Exit: 0 told, 1 the kernel refused to tell (message on stderr).
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int fail(const char *act)
{
	fprintf(stderr, "cannot %s: %s\n", act, strerror(errno));
	return 1;
}

// Program names hold only [A-Za-z0-9_.] (the kernel checks), so they need no escaping.
static int tell_programs(void)
{
	__u32 id = 0;
	const char *comma = "";
	while (!bpf_prog_get_next_id(id, &id)) {
		int fd = bpf_prog_get_fd_by_id(id);
		if (fd < 0) {
			if (errno == ENOENT)
				continue; // went away between the two calls
			return fail("open a BPF program by id");
		}
		struct bpf_prog_info info = {};
		__u32 len = sizeof(info);
		int err = bpf_obj_get_info_by_fd(fd, &info, &len);
		close(fd);
		if (err)
			return fail("ask about a BPF program");
		printf("%s{\"id\":%u,\"type\":%u,\"name\":\"%s\",\"run_time_ns\":%llu,\"run_cnt\":%llu}", comma, info.id,
		       info.type, info.name, info.run_time_ns, info.run_cnt);
		comma = ",";
	}
	return errno == ENOENT ? 0 : fail("list the BPF programs");
}

static const char *target_of(const struct bpf_link_info *info, struct btf **vmlinux)
{
	if (info->type != BPF_LINK_TYPE_TRACING || !info->tracing.target_btf_id)
		return "";
	if (!*vmlinux)
		*vmlinux = btf__load_vmlinux_btf();
	if (!*vmlinux)
		return "";
	const struct btf_type *type = btf__type_by_id(*vmlinux, info->tracing.target_btf_id);
	const char *name = type ? btf__name_by_offset(*vmlinux, type->name_off) : NULL;
	return name ? name : "";
}

static int tell_links(void)
{
	__u32 id = 0;
	const char *comma = "";
	struct btf *vmlinux = NULL;
	while (!bpf_link_get_next_id(id, &id)) {
		int fd = bpf_link_get_fd_by_id(id);
		if (fd < 0) {
			if (errno == ENOENT)
				continue;
			return fail("open a BPF link by id");
		}
		struct bpf_link_info info = {};
		__u32 len = sizeof(info);
		int err = bpf_obj_get_info_by_fd(fd, &info, &len);
		close(fd);
		if (err)
			return fail("ask about a BPF link");
		bool tracing = info.type == BPF_LINK_TYPE_TRACING;
		printf("%s{\"id\":%u,\"type\":%u,\"attach_type\":%u,\"prog_id\":%u,\"target\":\"%s\"}", comma, info.id,
		       info.type, tracing ? info.tracing.attach_type : 0, info.prog_id, target_of(&info, &vmlinux));
		comma = ",";
	}
	btf__free(vmlinux);
	return errno == ENOENT ? 0 : fail("list the BPF links");
}

int main(void)
{
	fputs("{\"programs\":[", stdout);
	if (tell_programs())
		return 1;
	fputs("],\"links\":[", stdout);
	if (tell_links())
		return 1;
	puts("]}");
	return fflush(stdout) ? fail("write") : 0;
}
