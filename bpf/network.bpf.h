/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The network class. Which rule is asked where:
 *   connect  remote end: deny_ip, deny_cidr, deny_ip_port, deny_port egress
 *   sendmsg  the same, on the name given and on the peer of a connected
 *            socket, so that one inherited from elsewhere sends nothing
 *   bind, listen, accept  local port: deny_port bind
 * The kernel decides on its own copy of the address, so nothing can change it
 * under the call. A socket without its protocol's half can do nothing and is
 * let through. A name that cannot be read is refused; the agent does not
 * load this class on a kernel where that would be every name.
 */
#ifndef AEGIS_NETWORK_BPF_H
#define AEGIS_NETWORK_BPF_H

#include "network_rules.bpf.h"

/*
 * Reads a socket address in kernel memory, which always has room for the whole
 * of one. An untyped pointer takes the cast; a kernel without it, the helper.
 */
static __always_inline bool read_remote(const void *name, struct remote *remote)
{
	struct sockaddr_in6 raw;
	const struct sockaddr_in6 *typed;

	if (!knobs.address_by_cast) {
		if (bpf_probe_read_kernel(&raw, sizeof(raw), name))
			return false;
		remote->family = raw.sin6_family;
		remote->port = raw.sin6_port;
		remote->second = raw.sin6_flowinfo;
		remote->address = raw.sin6_addr;
		return true;
	}
	typed = rdonly_cast(name, knobs.types[AEGIS_TYPE_sockaddr_in6]);
	remote->family = typed->sin6_family;
	remote->port = typed->sin6_port;
	remote->second = typed->sin6_flowinfo;
	for (int i = 0; i < 4; i++)
		remote->address.in6_u.u6_addr32[i] = typed->sin6_addr.in6_u.u6_addr32[i];
	return true;
}

/* SMC carries its connection over TCP, with a socket that no hook sees. */
static __always_inline __u16 protocol_of(struct sock *sock)
{
	struct sock_common *common = (void *)sock;

	return common->skc_family == AF_SMC ? IPPROTO_TCP : sock->sk_protocol;
}

/* The address a socket is bound to; unspecified when it is to none. */
static __always_inline void read_source(struct sock *sock, struct aegis_address *source)
{
	struct sock_common *common = (void *)sock;

	if (common->skc_family == AF_INET6)
		copy_words(source, (void *)ADDRESS_OF(common->skc_v6_rcv_saddr));
	else
		set_mapped(source, common->skc_rcv_saddr);
}

/*
 * An unspecified destination is what the socket is bound to, or else loopback:
 * both families' are asked, because :: may mean either.
 */
static __always_inline enum verdict decide_unspecified(struct act *act, struct sock *sock, __u8 protocol)
{
	struct aegis_address source = {};
	enum verdict verdict;

	read_source(sock, &source);
	if (!is_unspecified(&source)) {
		act->address = source;
		verdict = decide_remote(act, protocol);
		if (verdict != ALLOW)
			return verdict;
	}
	set_mapped(&act->address, LOOPBACK);
	verdict = decide_remote(act, protocol);
	if (verdict != ALLOW)
		return verdict;
	set_loopback(&act->address);
	return decide_remote(act, protocol);
}

static __always_inline enum verdict decide_end(struct act *act, struct sock *sock)
{
	__u8 protocol = protocol_class(act->protocol);

	if (is_unspecified(&act->address))
		return decide_unspecified(act, sock, protocol);
	return decide_remote(act, protocol);
}

/* A name given to connect or sendmsg; other families than IP are no business of this class. */
static __always_inline enum verdict decide_name(struct act *act, struct sock *sock, const void *name, bool is_sending)
{
	struct remote remote = {};

	if (!read_remote(name, &remote)) {
		act->generation = current_generation();
		return judge(current_settings(), act);
	}
	if (!take_remote(act, &remote, is_sending))
		return ALLOW;
	act->protocol = protocol_of(sock);
	return decide_end(act, sock);
}

/* The peer of a connected socket; none has port 0 and no address. */
static __always_inline enum verdict decide_peer(struct act *act, struct sock *sock)
{
	struct sock_common *common = (void *)sock;
	__u16 family = common->skc_family;

	if (family == AF_INET6)
		copy_words(&act->address, (void *)ADDRESS_OF(common->skc_v6_daddr));
	else if (family == AF_INET)
		set_mapped(&act->address, common->skc_daddr);
	else
		return ALLOW;
	if (is_unspecified(&act->address))
		return ALLOW;
	act->protocol = protocol_of(sock);
	act->port = bpf_ntohs(common->skc_dport);
	return decide_remote(act, protocol_class(act->protocol));
}

/* socket_connect(socket, address, length) */
static __always_inline enum verdict decide_connection(__u64 *ctx, struct act *act)
{
	struct socket *socket = ARGUMENT(ctx, 0);

	struct sock *sock = socket->sk;

	if (IS_NULL(sock))
		return ALLOW;
	return decide_name(act, sock, ARGUMENT(ctx, 1), false);
}

/* socket_sendmsg(socket, message, size): also send, write, sendmmsg, fast open and io_uring. */
static __always_inline enum verdict decide_sending(__u64 *ctx, struct act *act)
{
	struct socket *socket = ARGUMENT(ctx, 0);
	struct msghdr *message = ARGUMENT(ctx, 1);
	struct sock *sock = socket->sk;
	const void *name = message->msg_name;

	if (IS_NULL(sock))
		return ALLOW;
	if (name) {
		enum verdict verdict = decide_name(act, sock, name, true);

		if (verdict != ALLOW)
			return verdict;
	}
	return decide_peer(act, sock);
}

/* socket_bind(socket, address, length); port 0 is chosen later, and judged when it is listened on. */
static __always_inline enum verdict decide_binding(__u64 *ctx, struct act *act)
{
	struct socket *socket = ARGUMENT(ctx, 0);
	struct sockaddr_in *address = ARGUMENT(ctx, 1);
	struct sock *sock = socket->sk;
	__u16 family = address->sin_family;

	if (IS_NULL(sock))
		return ALLOW;
	if (family != AF_INET && family != AF_INET6 && family != AF_UNSPEC)
		return ALLOW;
	act->protocol = protocol_of(sock);
	act->port = bpf_ntohs(address->sin_port);
	if (family == AF_INET) {
		set_mapped(&act->address, address->sin_addr.s_addr);
		if (is_canary_address(&act->address) && is_canary_task(current_settings()))
			return CANARY;
	}
	return decide_local(act, protocol_class(act->protocol));
}

/* socket_listen(socket, backlog) and socket_accept(socket, new socket). */
static __always_inline enum verdict decide_serving(__u64 *ctx, struct act *act)
{
	struct socket *socket = ARGUMENT(ctx, 0);
	struct sock *sock = socket->sk;
	struct sock_common *common;
	__u16 family;

	if (IS_NULL(sock))
		return ALLOW;
	common = (void *)sock;
	family = common->skc_family;
	if (is_canary_task(current_settings()))
		return CANARY;
	if (family != AF_INET && family != AF_INET6)
		return ALLOW;
	read_source(sock, &act->address);
	act->protocol = protocol_of(sock);
	act->port = common->skc_num;
	return decide_local(act, protocol_class(act->protocol));
}

#endif
