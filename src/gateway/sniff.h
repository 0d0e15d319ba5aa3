/* Which dialect is this? Told from the first bytes, as few as it takes.
 *
 * Layer: gateway, pure. */
#ifndef BRUSIO_GATEWAY_SNIFF_H
#define BRUSIO_GATEWAY_SNIFF_H

#include "gateway/dialect.h"

/* With more bytes than these behind the white space, sniff() always knows. */
#define SNIFF_BYTES_MAX 16

enum sniff_result {
	SNIFF_MORE,   /* these bytes may still become several things */
	SNIFF_FOUND,  /* `*dialect` is set */
	SNIFF_REFUSED /* known, but not spoken here: sniff_refusal() says so in its own words */
};

enum sniff_result sniff(const char *bytes, size_t length, const struct dialect **dialect);
const char *sniff_refusal(const char *bytes, size_t length);

#endif
