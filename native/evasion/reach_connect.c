// SPDX-License-Identifier: Apache-2.0
// Connections to a denied address, made under the policy or from before.
#define _GNU_SOURCE
#include "reach.h"
#include "uring.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static enum result connect_and_send(int family, const struct sockaddr *address, socklen_t size, int kind)
{
	int socket_end = socket(family, kind, 0);

	if (socket_end < 0)
		return could_not("make a socket");
	if (connect(socket_end, address, size)) {
		if (errno != EINPROGRESS)
			return refused();
		struct pollfd ready = { .fd = socket_end, .events = POLLOUT };
		poll(&ready, 1, 2000);
	}
	return sent(send(socket_end, secret, secret_size, MSG_NOSIGNAL));
}

#define CONNECTS(id, name, family, make_address, kind, says)                           \
	static enum result id(const struct place *place)                               \
	{                                                                              \
		__typeof__(make_address()) address = make_address();                   \
		(void)place;                                                           \
		return connect_and_send(family, ADDRESS(address), kind);               \
	}                                                                              \
	REACH_WAY(reach_##id, name, look_up, id, says)

CONNECTS(plain, "connect", AF_INET, v4, SOCK_STREAM, "connect");
CONNECTS(non_blocking, "connect-non-blocking", AF_INET, v4, SOCK_STREAM | SOCK_NONBLOCK, "connect without blocking");
CONNECTS(plain_v6, "connect-v6", AF_INET6, v6, SOCK_STREAM, "connect over IPv6");
CONNECTS(plain_mapped, "connect-v4-mapped", AF_INET6, mapped, SOCK_STREAM, "connect to the address mapped into IPv6");
CONNECTS(datagram, "udp-connect", AF_INET, v4, SOCK_DGRAM, "connect of a UDP socket, then send");
CONNECTS(datagram_mapped, "udp-connect-v4-mapped", AF_INET6, mapped, SOCK_DGRAM,
	 "connect of a UDP socket to the address mapped into IPv6, then send");

static enum result fast_open(const struct place *place)
{
	struct sockaddr_in address = v4();

	(void)place;
	return sent(sendto(socket(AF_INET, SOCK_STREAM, 0), secret, secret_size, MSG_FASTOPEN, ADDRESS(address)));
}
REACH_WAY(fast_open, "tcp-fast-open", look_up, fast_open, "sendto with MSG_FASTOPEN");

static enum result fast_open_connect(const struct place *place)
{
	struct sockaddr_in address = v4();
	int socket_end = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	(void)place;
	if (setsockopt(socket_end, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof(on)))
		return could_not("ask for fast open");
	if (connect(socket_end, ADDRESS(address)))
		return refused();
	return sent(send(socket_end, secret, secret_size, MSG_NOSIGNAL));
}
REACH_WAY(fast_open_connect, "tcp-fast-open-connect", look_up, fast_open_connect, "TCP_FASTOPEN_CONNECT");

static enum result any_address(const struct place *place)
{
	struct sockaddr_in address = v4();

	(void)place;
	// 0.0.0.0 is this host, too.
	address.sin_addr.s_addr = INADDR_ANY;
	return connect_and_send(AF_INET, ADDRESS(address), SOCK_STREAM);
}
REACH_WAY(any_address, "connect-any-address", look_up, any_address, "connect to 0.0.0.0, which leads to this host");

static int connected = -1;

static enum result connect_tcp_before(const struct place *place)
{
	TRY(look_up(place));
	connected = connected_socket(SOCK_STREAM);
	return connected < 0 ? could_not("connect before the policy") : DID;
}
static enum result send_on(const struct place *place)
{
	(void)place;
	return sent(send(connected, secret, secret_size, MSG_NOSIGNAL));
}
REACH_WAY(send_on, "connected-before-send", connect_tcp_before, send_on, "send on a connection from before");

static enum result write_on(const struct place *place)
{
	(void)place;
	return sent(write(connected, secret, secret_size));
}
REACH_WAY(write_on, "connected-before-write", connect_tcp_before, write_on, "write to a connection from before");

static enum result splice_on(const struct place *place)
{
	int ends[2];

	(void)place;
	if (pipe(ends) || write(ends[1], secret, secret_size) < 0)
		return could_not("fill a pipe");
	return sent(splice(ends[0], NULL, connected, NULL, secret_size, 0));
}
REACH_WAY(splice_on, "connected-before-splice", connect_tcp_before, splice_on, "splice to a connection from before");

static enum result connect_udp_before(const struct place *place)
{
	TRY(look_up(place));
	connected = connected_socket(SOCK_DGRAM);
	return connected < 0 ? could_not("connect before the policy") : DID;
}
REACH_WAY(write_datagram, "udp-connected-before", connect_udp_before, write_on,
	  "write to a UDP socket connected before");

static enum result by_ring(const struct place *place)
{
	struct sockaddr_in address = v4();
	struct ring ring;
	int result, socket_end = socket(AF_INET, SOCK_STREAM, 0);

	(void)place;
	if (set_up_ring(&ring, 0))
		return could_not("set up an io_uring");
	struct io_uring_sqe *entry = next_entry(&ring, IORING_OP_CONNECT);
	entry->fd = socket_end;
	entry->addr = (uintptr_t)&address;
	entry->off = sizeof(address);
	if (submit(&ring, &result))
		return could_not("submit to an io_uring");
	if (result < 0)
		return refused_with(-result);
	return sent(send(socket_end, secret, secret_size, MSG_NOSIGNAL));
}
REACH_WAY(by_ring, "io-uring-connect", look_up, by_ring, "io_uring's connect");

