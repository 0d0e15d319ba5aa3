/* Sets of addresses: "192.0.2.1", "10.0.0.0/8", "2001:db8::/32".
 *
 * Layer: net, pure. */
#ifndef BRUSIO_NET_RANGE_H
#define BRUSIO_NET_RANGE_H

#include <stdbool.h>
#include <stddef.h>

#define RANGES_MAX 64

struct range {
	unsigned char bytes[16]; /* an IPv4 address is kept as ::ffff:a.b.c.d */
	unsigned bits;           /* of them that count */
};

struct ranges {
	struct range range[RANGES_MAX];
	size_t count;
};

/* Adds what the text says; false where it says no range, or there is no room. */
bool ranges_add(struct ranges *ranges, const char *text);
/* `host` is numeric. */
bool ranges_contain(const struct ranges *ranges, const char *host);

#endif
