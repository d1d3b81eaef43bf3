/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The network class before Linux 6.5: sendfile and splice hand pages to a
 * socket by sock_sendpage, which no socket hook sees. What does see them is the
 * question whether the socket's file may be written; through it the peer of a
 * socket that was connected elsewhere is judged. The file leads to the socket
 * by an untyped pointer only, so this is a helper's read; where lockdown refuses
 * that, these kernels do not carry the class at all. Can go with 6.1.
 */
#ifndef AEGIS_NETWORK_SPLICE_BPF_H
#define AEGIS_NETWORK_SPLICE_BPF_H

#include "network_rules.bpf.h"

#define MAY_WRITE 0x2   /* include/linux/fs.h */
#define S_IFMT 0170000  /* include/uapi/linux/stat.h */
#define S_IFSOCK 0140000

#define READ_MEMBER(to, member) bpf_probe_read_kernel(&(to), sizeof(to), &(member))

/*
 * The peer of the socket behind a file: false when it is connected to none.
 * Read aside, since a helper's write into the act would cost the verifier what
 * it knows of the members beside.
 */
static __always_inline bool read_peer(struct act *act, struct socket *socket)
{
	struct sock_common *common = NULL;
	__u16 family = 0, port = 0, protocol = 0;
	struct aegis_address ipv6 = {};
	__u32 ipv4 = 0;

	READ_MEMBER(common, socket->sk);
	READ_MEMBER(family, common->skc_family);
	READ_MEMBER(port, common->skc_dport);
	READ_MEMBER(protocol, ((struct sock *)common)->sk_protocol);
	act->protocol = protocol;
	act->port = bpf_ntohs(port);
	if (family == AF_INET6) {
		bpf_probe_read_kernel(&ipv6, sizeof(ipv6), &common->skc_v6_daddr);
		act->address = ipv6;
	} else if (family == AF_INET) {
		READ_MEMBER(ipv4, common->skc_daddr);
		set_mapped(&act->address, ipv4);
	} else {
		return false;
	}
	return !is_unspecified(&act->address);
}

/* file_permission(file, mask) */
static __always_inline enum verdict decide_splicing(__u64 *ctx, struct act *act)
{
	struct file *file = ARGUMENT(ctx, 0);

	if (!((unsigned long)ARGUMENT(ctx, 1) & MAY_WRITE) || (file->f_inode->i_mode & S_IFMT) != S_IFSOCK)
		return ALLOW;
	if (!read_peer(act, file->private_data))
		return ALLOW;
	return decide_remote(act, protocol_class(act->protocol));
}

#endif
