// SPDX-License-Identifier: Apache-2.0
// Sending to a denied address. The secret is the one in the row's own file, which is not denied here; the proof listens
// at the port, and looks whether it arrives.
#ifndef AEGIS_EVASION_REACH_H
#define AEGIS_EVASION_REACH_H

#include "way.h"

#include <netinet/in.h>
#include <sys/socket.h>

#define WHOLLY_DENIED "127.77.0.1" // src/proof/evasion/groups.ts has it, too
#define ADDRESS(address) (const struct sockaddr *)&(address), sizeof(address)
#define REACH_WAY(id, name, prepare, attempt, says) WAY_ROUND(AN_ADDRESS, id, name, REACHES, prepare, attempt, says)

extern char secret[64];
extern size_t secret_size;
extern in_port_t port; // network order

// Reads the secret and the port; a row's preparation.
enum result look_up(const struct place *place);

// The denied address, in its three forms.
struct sockaddr_in v4(void);
struct sockaddr_in6 v6(void);
struct sockaddr_in6 mapped(void);

// Takes over the end of a call that sends.
enum result sent(ssize_t size);

// A socket of this kind, connected there; negative with errno.
int connected_socket(int kind);

#endif
