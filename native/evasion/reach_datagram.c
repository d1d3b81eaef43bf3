// SPDX-License-Identifier: Apache-2.0
// Datagrams to a denied address.
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

