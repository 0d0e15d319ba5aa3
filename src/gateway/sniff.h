/* Which dialect is this? Told from the first bytes, as few as it takes.
 *
 * Layer: gateway, pure. */
#ifndef BRUSIO_GATEWAY_SNIFF_H
#define BRUSIO_GATEWAY_SNIFF_H

#include "gateway/dialect.h"

enum sniff_result {
	SNIFF_MORE,   /* these bytes may still become several things */
	SNIFF_FOUND,  /* `*dialect` is set */
	SNIFF_REFUSED /* another protocol's greeting: sniff_refusal() answers it */
};

/* A few bytes behind the white space tell always, so that nobody has to keep many. */
enum sniff_result sniff(const char *bytes, size_t length, const struct dialect **dialect);
/* How many bytes at the beginning tell nothing: a byte order mark and white space. */
size_t sniff_space(const char *bytes, size_t length);
/* The line that answers another protocol's greeting; NULL: this is none. Some greetings, such as that of HTTP with a
 * method that nobody knows, are only told by their whole line. */
const char *sniff_refusal(const char *bytes, size_t length);

#endif
