/* Finds the addresses of a host without making anybody wait: getaddrinfo(3) on a thread of its own.
 *
 * Layer: client. Threads: all functions for the owner; the thread inside touches nothing else. */
#ifndef BRUSIO_CLIENT_RESOLVER_H
#define BRUSIO_CLIENT_RESOLVER_H

#include <netdb.h>

struct resolver;

struct resolver *resolver_start(const char *host, const char *port);

/* Readable once the answer is there. */
int resolver_fd(const struct resolver *resolver);

/* The answer, once there, and the end of the resolver: 0 and addresses for freeaddrinfo(3), or an EAI_
 * code. */
int resolver_finish(struct resolver *resolver, struct addrinfo **found);

/* The end of a resolver that nobody waits for any more. The thread, if it still asks, ends by itself. */
void resolver_abandon(struct resolver *resolver);

#endif
