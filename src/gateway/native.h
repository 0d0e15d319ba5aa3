/* The part of the native dialect that others share, which carry its objects.
 *
 * Layer: gateway. Threads: the connection's worker. */
#ifndef BRUSIO_GATEWAY_NATIVE_H
#define BRUSIO_GATEWAY_NATIVE_H

#include <stddef.h>

struct connection;

/* Takes one whole object: it becomes a request, or an error is written. */
void native_take_object(struct connection *connection, const char *bytes, size_t length);

#endif
