/* May a page speak with this server? A page of any site can open a WebSocket to any address, with its
 * visitor's rights to reach it: only our own page may, and those that are configured.
 *
 *   own page   its Origin is that of the Host field, and that host is one that nobody else can hand out: an
 * address, localhost, a name of server_names, or a name of a configured certificate. A name that is only said
 * by its page could be any site's that resolves to our address (DNS rebinding).
 *
 * Layer: gateway. */
#ifndef BRUSIO_GATEWAY_ORIGIN_H
#define BRUSIO_GATEWAY_ORIGIN_H

#include "wire/http.h"

#include <stdbool.h>

struct tls_context;
struct web_config;

/* `tls` may be NULL. What is not a browser sends no Origin, and may. */
bool origin_is_allowed(const struct web_config *web, struct tls_context *tls,
		       const struct http_request *request);

/* True where the Host field names this server, or is absent: a page of some other site that resolves to our address says the
 * name of that site. */
bool origin_has_own_host(const struct web_config *web, struct tls_context *tls,
			 const struct http_request *request);

/* True where `text` is a list of origins as web_origins takes them: scheme://host[:port], "*". */
bool origin_is_list(const char *text);
/* True where `text` is a list of host names as server_names takes them. */
bool origin_is_names(const char *text);

#endif
