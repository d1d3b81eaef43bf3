// SPDX-License-Identifier: Apache-2.0
// Sending to a denied address. The secret is the one in the row's own file, which is not denied here; the proof listens
// at the port, and looks whether it arrives.
#define _GNU_SOURCE
#include "uring.h"
#include "way.h"

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
#include <sys/syscall.h>
#include <unistd.h>

#define WHOLLY_DENIED "127.77.0.1" // src/proof/evasion/groups.ts has it, too

static char secret[64];
static size_t secret_size;
static in_port_t port; // network order

static enum result look_up(const struct place *place)
{
	char number[16] = "";
	int from = open(place->secret, O_RDONLY), numbered = open(in(place, "port"), O_RDONLY);
	ssize_t size = read(from, secret, sizeof(secret));

	if (size <= 0 || read(numbered, number, sizeof(number) - 1) <= 0)
		return could_not("read the secret and the port");
	secret_size = (size_t)size;
	port = htons((uint16_t)atoi(number));
	return DID;
}

static struct sockaddr_in v4(void)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = port, .sin_addr = { htonl(INADDR_LOOPBACK) } };
}

static struct sockaddr_in6 v6(void)
{
	return (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = port, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
}

static struct sockaddr_in6 mapped(void)
{
	struct sockaddr_in6 address = v6();

	inet_pton(AF_INET6, "::ffff:127.0.0.1", &address.sin6_addr);
	return address;
}

#define ADDRESS(address) (const struct sockaddr *)&(address), sizeof(address)

static enum result sent(ssize_t size)
{
	return size < 0 ? refused() : did();
}

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

#define REACH_WAY(id, name, prepare, attempt, says) WAY_ROUND(AN_ADDRESS, id, name, REACHES, prepare, attempt, says)
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

static enum result send_to(int family, const struct sockaddr *address, socklen_t size)
{
	return sent(sendto(socket(family, SOCK_DGRAM, 0), secret, secret_size, 0, address, size));
}

static enum result udp(const struct place *place)
{
	struct sockaddr_in address = v4();

	(void)place;
	return send_to(AF_INET, ADDRESS(address));
}
REACH_WAY(udp, "udp-sendto", look_up, udp, "sendto of a datagram");

static enum result udp_v6(const struct place *place)
{
	struct sockaddr_in6 address = v6();

	(void)place;
	return send_to(AF_INET6, ADDRESS(address));
}
REACH_WAY(udp_v6, "udp-sendto-v6", look_up, udp_v6, "sendto of a datagram over IPv6");

static enum result udp_mapped(const struct place *place)
{
	struct sockaddr_in6 address = mapped();

	(void)place;
	return send_to(AF_INET6, ADDRESS(address));
}
REACH_WAY(udp_mapped, "udp-sendto-v4-mapped", look_up, udp_mapped,
	  "sendto of a datagram to the address mapped into IPv6");

static struct mmsghdr message_to(struct sockaddr_in *address, struct iovec *data)
{
	*data = (struct iovec){ secret, secret_size };
	return (struct mmsghdr){ .msg_hdr = { .msg_name = address, .msg_namelen = sizeof(*address), .msg_iov = data,
					      .msg_iovlen = 1 } };
}

static enum result many(const struct place *place)
{
	struct sockaddr_in address = v4(), harmless = v4();
	struct iovec data, first = { (void *)"x", 1 };
	struct mmsghdr messages[2];

	(void)place;
	// The first goes where nobody minds (the discard port): only the second is forbidden.
	harmless.sin_port = htons(9);
	messages[0] = message_to(&harmless, &data);
	messages[0].msg_hdr.msg_iov = &first;
	messages[1] = message_to(&address, &data);
	int count = sendmmsg(socket(AF_INET, SOCK_DGRAM, 0), messages, 2, 0);
	// A message that is refused after another was sent is told by the count alone.
	return count == 2 ? did() : count == 1 ? refused_with(EPERM) : refused();
}
REACH_WAY(many, "udp-sendmmsg", look_up, many, "sendmmsg, behind a harmless message");

static int connected = -1;

static enum result connect_elsewhere(const struct place *place)
{
	struct sockaddr_in harmless;

	TRY(look_up(place));
	harmless = v4();
	harmless.sin_port = htons(9);
	connected = socket(AF_INET, SOCK_DGRAM, 0);
	return connect(connected, ADDRESS(harmless)) ? could_not("connect elsewhere") : DID;
}
static enum result divert(const struct place *place)
{
	struct sockaddr_in address = v4();

	(void)place;
	return sent(sendto(connected, secret, secret_size, 0, ADDRESS(address)));
}
REACH_WAY(divert, "udp-other-than-connected", connect_elsewhere, divert,
	  "sendto there on a socket that is connected elsewhere");

static enum result disconnect(const struct place *place)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct sockaddr_in address = v4();

	(void)place;
	if (connect(connected, &none, sizeof(none)) || connect(connected, ADDRESS(address)))
		return refused();
	return sent(send(connected, secret, secret_size, 0));
}
REACH_WAY(disconnect, "udp-reconnect", connect_elsewhere, disconnect,
	  "dissolving a connection by AF_UNSPEC, then connecting there");

static enum result unspecified_family(const struct place *place)
{
	struct sockaddr_in address = v4();

	(void)place;
	// IPv4 takes AF_UNSPEC in sendto for AF_INET (net/ipv4/udp.c).
	address.sin_family = AF_UNSPEC;
	return send_to(AF_INET, ADDRESS(address));
}
REACH_WAY(unspecified_family, "udp-af-unspec", look_up, unspecified_family, "sendto with the family AF_UNSPEC");

static enum result any_address(const struct place *place)
{
	struct sockaddr_in address = v4();

	(void)place;
	// 0.0.0.0 is this host, too.
	address.sin_addr.s_addr = INADDR_ANY;
	return connect_and_send(AF_INET, ADDRESS(address), SOCK_STREAM);
}
REACH_WAY(any_address, "connect-any-address", look_up, any_address, "connect to 0.0.0.0, which leads to this host");

static enum result connect_tcp_before(const struct place *place)
{
	struct sockaddr_in address;

	TRY(look_up(place));
	address = v4();
	connected = socket(AF_INET, SOCK_STREAM, 0);
	return connect(connected, ADDRESS(address)) ? could_not("connect before the policy") : DID;
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
	struct sockaddr_in address;

	TRY(look_up(place));
	address = v4();
	connected = socket(AF_INET, SOCK_DGRAM, 0);
	return connect(connected, ADDRESS(address)) ? could_not("connect before the policy") : DID;
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

static enum result message_by_ring(const struct place *place)
{
	struct sockaddr_in address = v4();
	struct iovec data;
	struct mmsghdr message = message_to(&address, &data);
	struct ring ring;
	int result;

	(void)place;
	if (set_up_ring(&ring, 0))
		return could_not("set up an io_uring");
	struct io_uring_sqe *entry = next_entry(&ring, IORING_OP_SENDMSG);
	entry->fd = socket(AF_INET, SOCK_DGRAM, 0);
	entry->addr = (uintptr_t)&message.msg_hdr;
	if (submit(&ring, &result))
		return could_not("submit to an io_uring");
	return result < 0 ? refused_with(-result) : did();
}
REACH_WAY(message_by_ring, "io-uring-sendmsg", look_up, message_by_ring, "io_uring's sendmsg of a datagram");

// A datagram made by hand: protocol 17 over a raw socket, which asks no UDP code. What port is in it only its maker
// knows, so this one goes to an address that is denied whole.
static enum result raw(const struct place *place)
{
	struct sockaddr_in address = v4();
	struct {
		uint16_t from, to, length, checksum;
		char data[64];
	} packet = { htons(9), port, htons((uint16_t)(8 + secret_size)), 0, "" };

	(void)place;
	memcpy(packet.data, secret, secret_size);
	address.sin_port = 0;
	inet_pton(AF_INET, WHOLLY_DENIED, &address.sin_addr);
	return sent(sendto(socket(AF_INET, SOCK_RAW, IPPROTO_UDP), &packet, 8 + secret_size, 0, ADDRESS(address)));
}
REACH_WAY(raw, "raw-socket", look_up, raw, "a datagram made by hand, on a raw socket");
