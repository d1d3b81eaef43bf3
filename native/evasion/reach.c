// SPDX-License-Identifier: Apache-2.0
// What the rows that send to a denied address share.
#define _GNU_SOURCE
#include "reach.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

char secret[64];
size_t secret_size;
in_port_t port; // network order

enum result look_up(const struct place *place)
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

struct sockaddr_in v4(void)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = port, .sin_addr = { htonl(INADDR_LOOPBACK) } };
}

struct sockaddr_in6 v6(void)
{
	return (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = port, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
}

struct sockaddr_in6 mapped(void)
{
	struct sockaddr_in6 address = v6();

	inet_pton(AF_INET6, "::ffff:127.0.0.1", &address.sin6_addr);
	return address;
}

enum result sent(ssize_t size)
{
	return size < 0 ? refused() : did();
}

int connected_socket(int kind)
{
	struct sockaddr_in address = v4();
	int socket_end = socket(AF_INET, kind, 0);

	return socket_end >= 0 && connect(socket_end, ADDRESS(address)) ? -1 : socket_end;
}
