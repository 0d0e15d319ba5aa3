/* Numeric IP addresses: one way to read, to compare and to write them. An IPv4 address inside IPv6
 * (::ffff:a.b.c.d) is that IPv4 address.
 *
 * Layer: base, pure. */
#ifndef BRUSIO_BASE_IP_H
#define BRUSIO_BASE_IP_H

#include <stdbool.h>
#include <stddef.h>

#define IP_TEXT_BYTES    46 /* the longest with its NUL */
#define IP_BITS          128
#define IP_V4_BITS       32
#define IP_V4_FIRST_BYTE 12 /* of an IPv4 address in `bytes` */

struct ip {
	unsigned char bytes[16]; /* in network order; IPv4 as ::ffff:a.b.c.d */
};

/* Addresses that share the first `bits` bits. */
struct ip_network {
	struct ip ip;
	unsigned bits; /* of all 128 */
};

/* False: the text is not an address. */
bool ip_read(struct ip *ip, const char *text);
/* "10.0.0.0/8", "2001:db8::/32", or an address alone. The bits behind the prefix become 0. */
bool ip_network_read(struct ip_network *network, const char *text);

bool ip_is_v4(const struct ip *ip);
/* True in the public internet: not in a private network, on this machine, of a group, or kept for something else. */
bool ip_is_public(const struct ip *ip);
bool ip_is_in(const struct ip *ip, const struct ip_network *network);

void ip_write(const struct ip *ip, char text[IP_TEXT_BYTES]);
/* With its prefix, as it is read: "10.0.0.0/8". */
#define IP_NETWORK_TEXT_BYTES (IP_TEXT_BYTES + 4)
void ip_network_write(const struct ip_network *network, char text[IP_NETWORK_TEXT_BYTES]);

#endif
