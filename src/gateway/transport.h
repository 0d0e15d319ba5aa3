/* The layer under a connection's dialect: a proxy's header, TLS, or neither. Settled from the first bytes,
 * which are looked at but left in the socket, so that TLS finds all of its own.
 *
 *   NEW --peer is in proxy_from--> PROXY --header taken--> FIRST --0x16--> [WAIT] --> SETTLED
 *    `------------------otherwise----------------------------^ `--other---------------^
 *
 * Layer: gateway. Threads: the settings are shared and do not change; the rest is the worker's alone. */
#ifndef BRUSIO_GATEWAY_TRANSPORT_H
#define BRUSIO_GATEWAY_TRANSPORT_H

#include "net/range.h"
#include "net/tls_context.h"

#include <stdbool.h>
#include <stdint.h>

enum transport_state { TRANSPORT_NEW, TRANSPORT_PROXY, TRANSPORT_FIRST, TRANSPORT_WAIT, TRANSPORT_SETTLED };

struct transport {
	struct tls_context *tls;         /* NULL: no TLS */
	bool is_tls_required;            /* what is not encrypted is told so and ends */
	const struct ranges *proxy_from; /* those who must say whom they speak for, and are believed */
	void *context;
	/* How long a handshake from this address has to wait; -1: there are too many. */
	int64_t (*handshake_wait_ms)(void *context, const char *host);
	/* The connection counts for another address now; false where that one has too many. */
	bool (*move)(void *context, const char *from, const char *to);
};

struct connection;

/* Goes on as far as the bytes that are there allow. True once settled; otherwise the connection has to wait
 * for more, or is gone. */
bool transport_settle(struct connection *connection);

/* The line comes from this machine or is encrypted, so that nobody on the way reads along. */
bool transport_is_secure(const struct connection *connection);

#endif
