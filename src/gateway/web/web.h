/* The server of the web client: its files, /ws, /api/server, /healthz and /metrics, over HTTP.
 *
 * Layer: gateway. Threads: the configuration is written by main before the workers start, then read by all.
 */
#ifndef BRUSIO_GATEWAY_WEB_H
#define BRUSIO_GATEWAY_WEB_H

#include "base/buffer.h"
#include "net/range.h"

#include <stdbool.h>
#include <stddef.h>

struct blobs;

/* All of it is borrowed; NULL where nothing is configured. */
struct web_config {
	const char *root;         /* the client's files come from this folder */
	const char *origins;      /* pages of these, separated by commas, may connect, besides those of the
			       same host; "*": all */
	const char *server_names; /* the server's own, separated by commas: see gateway/web/origin.h */
	const struct ranges *metrics_from; /* who may read /metrics, besides loopback */
	const char *metrics_token;         /* whoever brings it may too */
	const char
	    *auth_header; /* the field by which a proxy of proxy_from says who somebody is; NULL: none */
	void (*write_metrics)(void *context, struct buffer *to);
	void *metrics_context;
	/* For /api/server. */
	const struct blobs *blobs; /* of the files that people send; NULL: none */
	const char *registration;  /* "open", "admin", "closed", as configured */
	const char *push_key;      /* that browsers subscribe to pushes with; NULL: there are none */
	bool allows_insecure_passwords;
};

struct chat_config;
/* Some of the settings that /api/server tells may have changed: for chat_config.configured. */
void web_configured(const struct chat_config *config);

#endif
