/* The server of the web client: its files, /ws, /healthz and /metrics, over HTTP.
 *
 * Layer: gateway. Threads: the configuration is written by main before the workers start, then read by all.
 */
#ifndef BRUSIO_GATEWAY_WEB_H
#define BRUSIO_GATEWAY_WEB_H

#include "base/buffer.h"
#include "net/range.h"

#include <stdbool.h>
#include <stddef.h>

/* All of it is borrowed; NULL where nothing is configured. */
struct web_config {
	const char *root;    /* the client's files come from this folder */
	const char *origins; /* pages of these, separated by commas, may connect, besides those of the
			  same host; "*": all */
	const struct ranges *metrics_from; /* who may read /metrics, besides loopback */
	const char *metrics_token;         /* whoever brings it may too */
	void (*write_metrics)(void *context, struct buffer *to);
	void *metrics_context;
};

/* True where `text` is a list of origins as above. */
bool web_is_origins(const char *text);

#endif
