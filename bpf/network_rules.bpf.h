/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The rules of the network class, and the one decision on a remote end and on
 * a local port, whatever rung learned of them. Addresses are IPv6; an IPv4 one
 * is its v4-mapped form, so that both ways to write it meet the same rule.
 */
#ifndef AEGIS_NETWORK_RULES_BPF_H
#define AEGIS_NETWORK_RULES_BPF_H

#include <bpf/bpf_endian.h>
#include <linux/in.h>
#include <linux/in6.h>

/* They are names of an enumeration there, which not every release has in full. */
#undef IPPROTO_TCP
#undef IPPROTO_UDP
#undef IPPROTO_UDPLITE
#undef IPPROTO_MPTCP

#include "hook.bpf.h"

#define AF_UNSPEC 0
#define AF_INET 2
#define AF_INET6 10
#define AF_SMC 43
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_UDPLITE 136
#define IPPROTO_MPTCP 262
#define MAPPED_PREFIX bpf_htonl(0xffff) /* third word of ::ffff:a.b.c.d */
#define LOOPBACK bpf_htonl(0x7f000001)

RULE_MAP(net_address, BPF_MAP_TYPE_HASH, struct aegis_address, 0)
RULE_MAP(net_network, BPF_MAP_TYPE_LPM_TRIE, struct aegis_network, BPF_F_NO_PREALLOC)
RULE_MAP(net_port, BPF_MAP_TYPE_HASH, struct aegis_port, 0)
RULE_MAP(net_endpoint, BPF_MAP_TYPE_HASH, struct aegis_endpoint, 0)

/* A socket address as the rules need it. */
struct remote {
	__u16 family;
	__u16 port;   /* network order */
	__u32 second; /* the word behind the port: the whole address in IPv4 */
	struct in6_addr address;
};

static __always_inline __u8 protocol_class(__u16 protocol)
{
	if (protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP)
		return AEGIS_PROTOCOL_TCP;
	if (protocol == IPPROTO_UDP || protocol == IPPROTO_UDPLITE)
		return AEGIS_PROTOCOL_UDP;
	return AEGIS_PROTOCOL_OTHER;
}

static __always_inline void set_mapped(struct aegis_address *address, __u32 ipv4)
{
	address->words[0] = address->words[1] = 0;
	address->words[2] = MAPPED_PREFIX;
	address->words[3] = ipv4;
}

static __always_inline void copy_words(struct aegis_address *to, const struct in6_addr *from)
{
	for (int i = 0; i < 4; i++)
		to->words[i] = from->in6_u.u6_addr32[i];
}

static __always_inline void set_loopback(struct aegis_address *address)
{
	address->words[0] = address->words[1] = address->words[2] = 0;
	address->words[3] = bpf_htonl(1);
}

static __always_inline bool is_mapped(const struct aegis_address *address)
{
	return !address->words[0] && !address->words[1] && address->words[2] == MAPPED_PREFIX;
}

/* 0.0.0.0 and :: as a destination; the kernel then takes this very host. */
static __always_inline bool is_unspecified(const struct aegis_address *address)
{
	return !address->words[0] && !address->words[1] && !address->words[3] &&
	       (!address->words[2] || address->words[2] == MAPPED_PREFIX);
}

/*
 * Makes what was read the act's address and port; false for other families
 * than IP. sendmsg and bind take AF_UNSPEC for AF_INET, connect does not.
 */
static __always_inline bool take_remote(struct act *act, const struct remote *remote, bool takes_unspecified)
{
	act->port = bpf_ntohs(remote->port);
	if (remote->family == AF_INET6)
		copy_words(&act->address, &remote->address);
	else if (remote->family == AF_INET || (remote->family == AF_UNSPEC && takes_unspecified))
		set_mapped(&act->address, remote->second);
	else
		return false;
	return true;
}

static __always_inline struct aegis_rule *find_port(const struct act *act, __u8 protocol, __u8 direction)
{
	struct aegis_port key = { .port = act->port, .protocol = protocol, .direction = direction };

	return act->port ? find_rule(&net_port, act->generation, &key) : NULL;
}

/* The rule on the act's address and port, as those of the remote end. */
static __always_inline struct aegis_rule *find_remote(const struct act *act, __u8 protocol)
{
	struct aegis_endpoint endpoint = { .address = act->address, .port = act->port, .protocol = protocol };
	struct aegis_network network = { .prefix_bits = 128, .address = act->address };
	struct aegis_rule *rule = find_rule(&net_endpoint, act->generation, &endpoint);

	if (!rule)
		rule = find_rule(&net_address, act->generation, &network.address);
	if (!rule)
		rule = find_rule(&net_network, act->generation, &network);
	return rule ? rule : find_port(act, protocol, AEGIS_DIRECTION_EGRESS);
}

static __always_inline bool is_canary_address(const struct aegis_address *address)
{
	return is_mapped(address) && address->words[3] == bpf_htonl(AEGIS_CANARY_ADDRESS);
}

/* deny_ip, deny_cidr, deny_ip_port, and deny_port with egress: on the act's address and port. */
static __always_inline enum verdict decide_remote(struct act *act, __u8 protocol)
{
	const struct aegis_settings *settings = current_settings();

	if (is_canary_address(&act->address) && is_canary_task(settings))
		return CANARY;
	act->generation = current_generation();
	return answer(settings, act, find_remote(act, protocol));
}

/* deny_port with bind: on the act's port, as the local one. */
static __always_inline enum verdict decide_local(struct act *act, __u8 protocol)
{
	act->generation = current_generation();
	return answer(current_settings(), act, find_port(act, protocol, AEGIS_DIRECTION_BIND));
}

#endif
