/* Listening sockets, shared by all workers: each waits with EPOLLEXCLUSIVE, the kernel wakes one.
 *
 * Layer: net. Threads: opened by main; listener_accept() by any worker. */
#ifndef BRUSIO_NET_LISTENER_H
#define BRUSIO_NET_LISTENER_H

#include "net/address.h"

#include <stdbool.h>
#include <stddef.h>

#define LISTENERS_MAX 16

struct listener {
	int fd;
	char address[ADDRESS_TEXT_BYTES]; /* with the port that it really has */
	bool is_shared;                   /* another process listens on it, too */
};

/* Takes `host` (numeric or a name) and `port` (0: the kernel chooses), and refuses connections until listener_begin().
 * On failure returns -1, and `problem` says what, why and what to do. SO_REUSEPORT is not used: a second server on the
 * port must fail. */
int listener_open(struct listener *listener, const char *host, unsigned port, char *problem,
		  size_t problem_bytes);
#define LISTENER_HOST_BYTES 256

/* Takes "ADDRESS", "ADDRESS:PORT" or "[ADDRESS]:PORT" apart; an IPv6 address needs its brackets before a port. `*port`
 * stays as it is where none is said. False: the text is none of these. */
bool listener_split(const char *text, char host[LISTENER_HOST_BYTES], unsigned *port);
/* Connections are taken from here on, so it is called when they can be served at once: those that wait for a start would
 * come out of the queue in any order. One that is shared takes them already. -1 with a problem as of listener_open(), for
 * instance if somebody else began on the port meanwhile. */
int listener_begin(const struct listener *listener, char *problem, size_t problem_bytes);
/* It refuses connections from here on, other threads may still have it; one that is shared stays as it is: who comes waits for
 * the other process. 0 or -errno. */
int listener_refuse(const struct listener *listener);
void listener_close(struct listener *listener);

/* The port that the listener really has. */
unsigned listener_port(const struct listener *listener);

/* A new non-blocking connection, or -errno (-EAGAIN: nobody waits). */
int listener_accept(const struct listener *listener, char host[ADDRESS_TEXT_BYTES]);

#endif
