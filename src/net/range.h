/* Sets of addresses: "192.0.2.1", "10.0.0.0/8", "2001:db8::/32".
 *
 * Layer: net, pure. */
#ifndef BRUSIO_NET_RANGE_H
#define BRUSIO_NET_RANGE_H

#include "base/ip.h"

#include <stdbool.h>
#include <stddef.h>

#define RANGES_MAX 64

struct ranges {
	struct ip_network range[RANGES_MAX];
	size_t count;
};

/* Adds what the text says; false where it is not a range, or there is no room. */
bool ranges_add(struct ranges *ranges, const char *text);
/* `host` is numeric. */
bool ranges_contain(const struct ranges *ranges, const char *host);

#endif
