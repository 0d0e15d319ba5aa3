/* The server's counters, for monitoring.
 *
 * Layer: server. Threads: any. */
#ifndef BRUSIO_SERVER_METRICS_H
#define BRUSIO_SERVER_METRICS_H

#include "base/buffer.h"

struct chat;
struct painter;
struct pusher;
struct store;
struct workers;

/* The sources of the counters. */
struct metrics {
	struct workers *workers;
	struct chat *chat;
	struct store *store;
	const struct painter *painter; /* NULL: no previews are made */
	const struct pusher *pusher;   /* NULL: nothing is pushed */
};

/* Adds them in the text format of Prometheus; `context` is a struct metrics, as web_config wants it. */
void metrics_write(void *context, struct buffer *to);
/* The connections that are open now. */
uint64_t metrics_connections(const struct metrics *of);
/* Adds the same for people, a line each: brusiod status. */
void metrics_write_status(void *context, struct buffer *to);

#endif
