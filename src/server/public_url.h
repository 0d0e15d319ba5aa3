/* The address where people find this server, as far as the server knows it.
 *
 * Layer: server. Threads: any. */
#ifndef BRUSIO_SERVER_PUBLIC_URL_H
#define BRUSIO_SERVER_PUBLIC_URL_H

#include "server/config.h"

/* The address to join at: the one that was asked for, or `ip`, this machine's, where the server listens on all. `host` is
 * memory for it. */
const char *public_host(const struct config *config, const char *ip, char host[LISTENER_HOST_BYTES]);

/* The address that a link leads to: the key `url`, else the first of the names that the server has, or its IP address.
 * Programs do not know a certificate that it made itself, so that goes unencrypted where that is allowed. `url` is
 * memory for it. */
const char *public_url(const struct config *config, const char *ip, unsigned port,
		       char url[CONFIG_URL_BYTES]);

#endif
