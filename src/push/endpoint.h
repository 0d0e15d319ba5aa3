/* The places that a push may go to: the address that a browser gives, and the hosts that the operator lets it be at. The daemon looks at
 * it when it is given, the courier again before it connects, both by this code.
 *
 * Layer: push, pure. Threads: any. */
#ifndef BRUSIO_PUSH_ENDPOINT_H
#define BRUSIO_PUSH_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>

#define ENDPOINT_HOST_BYTES  254
#define ENDPOINT_BYTES_MAX   1024
#define ENDPOINT_PORT        443 /* where the address names none */
#define ENDPOINT_HOSTS_BYTES 1024

/* The push services of the browsers: Chrome, Edge and Opera, Firefox, Safari, Edge on Windows. */
#define ENDPOINT_HOSTS \
	"fcm.googleapis.com,updates.push.services.mozilla.com,*.push.apple.com,*.notify.windows.com"

struct endpoint {
	char host[ENDPOINT_HOST_BYTES]; /* in small letters */
	unsigned port;
};

/* "https://host[:port]/path" of plain characters alone, so that nobody reads another host in it. False: it is not one. */
bool endpoint_read(struct endpoint *endpoint, const char *text);

/* "host", "host:port" or "*.domain" for all hosts below it, separated by commas, in small letters. */
bool endpoint_is_hosts(const char *list);

/* One of such a list. */
struct endpoint_rule {
	const char *host; /* in the list: `bytes` of it, without "*." */
	size_t bytes;
	bool is_domain; /* all hosts below it, and not itself */
	unsigned port;
};

/* Calls back for each of the list until that returns another number than 0, which it returns, too. */
int endpoint_each_host(const char *list, int (*visit)(void *context, const struct endpoint_rule *rule),
		       void *context);

/* Whether it is at one of the hosts. */
bool endpoint_is_at(const struct endpoint *endpoint, const char *list);

#endif
