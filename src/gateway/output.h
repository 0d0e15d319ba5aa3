/* The output of a connection: private output, then entries from its cursors; and how it ends.
 *
 * Layer: gateway; a part of connection.h for its own use. Threads: the connection's worker's. */
#ifndef BRUSIO_GATEWAY_OUTPUT_H
#define BRUSIO_GATEWAY_OUTPUT_H

#include "gateway/connection.h"

/* Writes the first pieces of what waits: the rest of a half-written item, or else private output, the tail, and
 * entries of `from`, in this order; and takes them off. `offset` is the place of the first and only piece in
 * base/sendable.h's file, or -1. Returns the bytes that were taken; 0: the connection is blocked or gone. */
size_t output_send(struct connection *connection, const struct iovec *iov, int count, int64_t offset,
		   struct subscription *from);
/* Moves what the reader said themself elsewhere, if that is next, to the private output, with its id. */
void output_take_own(struct connection *connection, struct subscription *subscription);
/* Is there something that its dialect sends behind the private output? */
bool output_has_tail(const struct connection *connection);
/* Moves the rest of the half-written item of connection->inside to the front of the private output. */
void output_take_inside(struct connection *connection);
/* Moves what the subscription's log has for the reader to the private output, so that what is added to that next comes
 * behind it, up to entry `end_seq` (UINT64_MAX: all). It stops where much lies there already; a cursor that must wait
 * for a page stays where it is. */
void output_take_log(struct connection *connection, struct subscription *subscription, uint64_t end_seq);
/* Nothing is waited for but what the dialect or the greeting waits for. */
void output_unblocked(struct connection *connection);
/* The timer of a connection that is ending and does not go. */
void output_on_linger_timeout(struct timer *timer);
/* The timer of a reader that takes nothing: it is closed. */
void output_on_stall(struct timer *timer);
/* Hands on what the stream still holds. */
void output_flush(struct connection *connection);
/* Takes the next step of an ending, where everything before it is written. */
void output_finish(struct connection *connection);

#endif
