/* The line to the server: finds the host, tries its addresses, encrypts, then carries bytes. Never blocks.
 *
 *   CLOSED --connection_open--> RESOLVING --> CONNECTING --> [SECURING] --> OPEN
 *      ^----------------------- failure, end, connection_close ----------------'
 *
 * Addresses are tried as RFC 8305 says: the families in turn, the next one when the last failed or has
 * not answered for a moment, and the first that answers wins.
 *
 * Layer: client. Threads: one. */
#ifndef BRUSIO_CLIENT_CONNECTION_H
#define BRUSIO_CLIENT_CONNECTION_H

#include "base/buffer.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#define CONNECTION_TRIES_MAX 8 /* addresses tried at the same time */
#define CONNECTION_POLL_MAX  (CONNECTION_TRIES_MAX + 1)

enum connection_state {
	CONNECTION_CLOSED,
	CONNECTION_RESOLVING,
	CONNECTION_CONNECTING,
	CONNECTION_SECURING,
	CONNECTION_OPEN
};

/* Why a line was not made, or was lost. */
enum connection_failure {
	CONNECTION_BROKEN,   /* the system, the net or the peer */
	CONNECTION_NO_TLS,   /* the peer is there, and does not speak TLS */
	CONNECTION_UNTRUSTED /* its certificate was refused */
};

struct connection_security {
	bool is_plain; /* no TLS; the rest does not matter then */
	void *owner;
	/* Whether we talk to a server with this certificate; `is_certified`: an authority vouches for it. */
	bool (*trusts)(void *owner, const char *fingerprint, bool is_certified);
};

struct connection;

struct connection *connection_new(const struct connection_security *security);
void connection_free(struct connection *connection);

/* Starts from CLOSED. Both texts are copied where they are needed longer. */
void connection_open(struct connection *connection, const char *host, const char *port, int64_t now_ms);

/* Forgets the line and what was not read or written yet. */
void connection_close(struct connection *connection);

enum connection_state connection_state(const struct connection *connection);

/* Why it is CLOSED, in the system's words; "" where connection_close() was called, or the peer ended it. */
const char *connection_problem(const struct connection *connection);
enum connection_failure connection_failure(const struct connection *connection);

/* Nobody on the way can read along: the line is encrypted, or does not leave this machine. */
bool connection_is_private(const struct connection *connection);

/* Adds what to wait for to `to`, which has room for CONNECTION_POLL_MAX, and returns how many those are.
 * With `reads` false nothing is read from an open line for now. */
size_t connection_poll(const struct connection *connection, struct pollfd *to, bool reads);

/* When connection_ready() wants to be called even if nothing happened; INT64_MAX for never. */
int64_t connection_deadline(const struct connection *connection);

/* Does what can be done now: looks at what poll(2) found. */
void connection_ready(struct connection *connection, const struct pollfd *polled, size_t count,
		      int64_t now_ms);

/* What came and was not taken; what is to be written. */
struct buffer *connection_input(struct connection *connection);
struct buffer *connection_output(struct connection *connection);

#endif
