/* The worker threads: each runs a gateway, and accepts connections for all of them.
 *
 * Layer: server. */
#ifndef BRUSIO_SERVER_WORKER_H
#define BRUSIO_SERVER_WORKER_H

#include "gateway/gateway.h"
#include "gateway/transport.h"
#include "net/listener.h"

#include <stddef.h>

struct workers;

struct workers_config {
	unsigned count;
	const struct listener *listeners; /* borrowed until workers_stop() returned */
	size_t listeners_count;
	const struct limits *limits;  /* borrowed */
	const struct web_config *web; /* borrowed; complete when workers_start() is called */
	enum lang lang;
	struct tls_context *tls; /* borrowed; NULL: no TLS */
	bool is_tls_required;
	const struct ranges *proxy_from; /* borrowed */
};

/* Makes the workers, which do nothing yet. Returns 0 or -errno. */
int workers_new(const struct workers_config *config, struct workers **made);
/* The mailboxes that the chat posts to, one a worker. */
struct mailbox **workers_mailboxes(struct workers *workers);
/* Gateway `index` of them, or NULL behind the last; for its counters. */
const struct gateway *workers_gateway(const struct workers *workers, unsigned index);
/* Starts the threads; all listeners have begun. Returns 0 or -errno. */
int workers_start(struct workers *workers, struct chat *chat);

/* Begins the end: no new connections, the present ones are told and let go, over so many milliseconds. */
void workers_begin_stop(struct workers *workers, int64_t drain_ms);
/* Waits for that, but not longer than `wait_ms`; then all connections are dropped. */
void workers_stop(struct workers *workers, int wait_ms);
/* After chat_stop(). */
void workers_free(struct workers *workers);

#endif
