/* The line to the server: finds the host, tries its addresses, encrypts, then carries bytes. Never blocks.
 *
 *   CLOSED --line_open--> RESOLVING --> CONNECTING --> [SECURING] --> OPEN
 *      ^----------------------- failure, end, line_close ----------------'
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

#define LINE_TRIES_MAX 8 /* addresses tried at the same time */
#define LINE_POLL_MAX  (LINE_TRIES_MAX + 1)

enum line_state { LINE_CLOSED, LINE_RESOLVING, LINE_CONNECTING, LINE_SECURING, LINE_OPEN };

/* Why a line was not made, or was lost. */
enum line_failure {
	LINE_BROKEN,   /* the system, the net or the peer */
	LINE_NO_TLS,   /* the peer is there, and does not speak TLS */
	LINE_UNTRUSTED /* its certificate was refused */
};

struct line_security {
	bool is_plain; /* no TLS; the rest does not matter then */
	void *owner;
	/* Whether we talk to a server with this certificate; `is_certified`: an authority vouches for it. */
	bool (*trusts)(void *owner, const char *fingerprint, bool is_certified);
};

struct line;

struct line *line_new(const struct line_security *security);
void line_free(struct line *line);

/* Starts from CLOSED. Both texts are copied where they are needed longer. */
void line_open(struct line *line, const char *host, const char *port, int64_t now_ms);

/* Forgets the line and what was not read or written yet. */
void line_close(struct line *line);

enum line_state line_state(const struct line *line);

/* Why it is CLOSED, in the system's words; "" where line_close() was called, or the peer ended it. */
const char *line_problem(const struct line *line);
enum line_failure line_failure(const struct line *line);

/* True where no third party can read along: the line is encrypted, or does not leave this machine. */
bool line_is_private(const struct line *line);

/* Adds what to wait for to `to`, which has room for LINE_POLL_MAX, and returns how many those are.
 * Without `reads` an open line waits only to write. */
size_t line_poll(const struct line *line, struct pollfd *to, bool reads);

/* When line_ready() wants to be called even if nothing happened; INT64_MAX for never. */
int64_t line_deadline(const struct line *line);

/* Does what can be done now: looks at what poll(2) found. */
void line_ready(struct line *line, const struct pollfd *polled, size_t count, int64_t now_ms);

/* The bytes that came and were not taken; the bytes to be written. */
struct buffer *line_input(struct line *line);
struct buffer *line_output(struct line *line);

#endif
