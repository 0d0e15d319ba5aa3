/* The header with which a proxy in front says whom it speaks for: PROXY protocol, versions 1 and 2.
 *
 * Layer: wire, pure. */
#ifndef BRUSIO_WIRE_PROXY_H
#define BRUSIO_WIRE_PROXY_H

#include <stdbool.h>
#include <stddef.h>

#define PROXY_BYTES_MAX  2048 /* a header that is longer is wrong */
#define PROXY_HOST_BYTES 46   /* a numeric IPv6 address and the NUL */

enum proxy_result { PROXY_MORE, PROXY_FOUND, PROXY_WRONG };

struct proxy_header {
	size_t length; /* of the header itself */
	char
	    host[PROXY_HOST_BYTES]; /* of the client; "" where the proxy speaks for itself or does not know */
	bool is_secure;             /* the client speaks TLS with the proxy */
};

/* Looks at the first bytes of a connection. `header` is set where the result is PROXY_FOUND. */
enum proxy_result proxy_parse(const char *bytes, size_t length, struct proxy_header *header);

#endif
