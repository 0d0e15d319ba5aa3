/* The state that web.c keeps for a connection, and its functions for the other files of the dialect.
 *
 * Layer: gateway, private to the web dialect. Threads: the connection's worker's. */
#ifndef BRUSIO_GATEWAY_WEB_STATE_H
#define BRUSIO_GATEWAY_WEB_STATE_H

#include "gateway/connection.h"

struct transfer;

struct web_state {
	union {
		const char *tail; /* of the last answer's body, which stays where it is; with tail_bytes */
		struct transfer *transfer; /* a file that comes or goes; with has_transfer */
	};
	uint32_t tail_bytes;   /* to be written */
	uint32_t scanned : 24; /* of what web_take() gets */
	uint32_t has_transfer : 1;
};

_Static_assert(sizeof(struct web_state) <= DIALECT_STATE_BYTES, "it lies in the connection");

static inline struct web_state *web_state_of(struct connection *connection)
{
	return (struct web_state *)(void *)connection->dialect_state;
}

/* Begins the head of an answer: the status, and the fields that all answers have. `policy`: what a page of it may do. */
void web_begin_head(struct connection *connection, int status, const char *policy);
/* The answer is out: the next request has so long to come. */
void web_rest(struct connection *connection);
/* The place where the next request begins is not known any more, so the connection ends. */
void web_refuse(struct connection *connection, int status);

#endif
