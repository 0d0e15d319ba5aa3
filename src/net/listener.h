/* Listening sockets, shared by all workers: each waits with EPOLLEXCLUSIVE, the kernel wakes one.
 *
 * Layer: net. Threads: opened by main; listener_accept() by any worker. */
#ifndef BRUSIO_NET_LISTENER_H
#define BRUSIO_NET_LISTENER_H

#include "net/address.h"

#include <stddef.h>

#define LISTENERS_MAX 16

struct listener {
	int fd;
	char address[ADDRESS_TEXT_BYTES]; /* with the port that it really has */
};

/* Listens on `host` (numeric or a name) and `port` (0: the kernel chooses). On failure returns -1, and
 * `problem` says what, why and what to do. SO_REUSEPORT is not used: a second server on the port must fail.
 */
int listener_open(struct listener *listener, const char *host, unsigned port, char *problem,
		  size_t problem_bytes);
void listener_close(struct listener *listener);

/* The port that the listener really has. */
unsigned listener_port(const struct listener *listener);

/* A new non-blocking connection, or -errno (-EAGAIN: nobody waits). */
int listener_accept(const struct listener *listener, char host[ADDRESS_TEXT_BYTES]);

#endif
