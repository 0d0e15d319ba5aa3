/* One object at a time, for clients that take whatever one recv() gives them for one object, as
 * json.loads(sock.recv(4096)) does: the next object waits a little, so that it does not arrive with the last. TCP
 * promises no such thing; it is a courtesy, and ends where too much waits.
 *
 * Layer: gateway. Threads: the connection's worker's. */
#ifndef BRUSIO_GATEWAY_PACE_H
#define BRUSIO_GATEWAY_PACE_H

#include <stdbool.h>

struct connection;

/* Writes the next object, or waits until it may. False: more than a few wait, and they go out as usual. */
bool pace_write(struct connection *connection);

#endif
