#include "gateway/pace.h"

#include "gateway/connection.h"
#include "gateway/output.h"

#include <string.h>

static void pace_on_timer(struct timer *timer)
{
	struct connection *connection = connection_of_timer(timer);
	gateway_make_ready(connection->gateway, connection);
}

static uint32_t pace_count_private(const struct connection *connection)
{
	uint32_t items = 0;
	const char *at = buffer_bytes(&connection->out), *end;
	for (size_t left = buffer_length(&connection->out); left && items <= LIMIT_PACE_ITEMS; items++) {
		end = memchr(at, '\n', left);
		if (!end)
			break;
		left -= (size_t)(end - at) + 1;
		at = end + 1;
	}
	return items;
}

/* Are there more objects than go out one by one? */
static bool pace_is_backlog_long(const struct connection *connection)
{
	uint32_t items = pace_count_private(connection);
	for (struct subscription *one = connection->subscriptions; one; one = one->next) {
		const struct chunk *chunk = one->cursor.chunk;
		if (!chunk)
			return true;
		for (uint32_t item = one->cursor.item; chunk && items <= LIMIT_PACE_ITEMS; item = 0) {
			items += atomic_load_explicit(&chunk->count, memory_order_acquire) - item;
			chunk = atomic_load_explicit(&chunk->next, memory_order_acquire);
		}
	}
	return items > LIMIT_PACE_ITEMS;
}

/* The next object: what is half written, the first private one, or the first entry. Returns false where there is
 * none; `*from` is whose entry it is, or NULL. */
static bool pace_next(struct connection *connection, struct iovec *iov, struct subscription **from)
{
	/* First of all, since it may add a notice of a gap to the private output. */
	for (struct subscription *one = connection->subscriptions; one; one = one->next)
		feed_locate(one);
	size_t private_bytes = buffer_length(&connection->out);
	*from = connection->inside;
	if (connection->inside) {
		*iov = cursor_rest(&connection->inside->cursor);
		return true;
	}
	if (private_bytes) {
		char *bytes = buffer_bytes(&connection->out);
		const char *end = memchr(bytes, '\n', private_bytes);
		*iov = (struct iovec){.iov_base = bytes,
				      .iov_len = end ? (size_t)(end - bytes) + 1 : private_bytes};
		return true;
	}
	for (struct subscription *one = connection->subscriptions; one; one = one->next) {
		*from = one;
		if (feed_locate(one))
			output_take_own(connection, one);
		if (buffer_length(&connection->out))
			return pace_next(connection, iov, from);
		if (feed_locate(one) && cursor_gather(&one->cursor, connection->author, iov, 1, 1, 1))
			return true;
	}
	return false;
}

bool pace_write(struct connection *connection)
{
	struct iovec iov;
	struct subscription *from;
	if (pace_is_backlog_long(connection))
		return false;
	if (!connection->is_writable || timer_is_set(&connection->timer) ||
	    !pace_next(connection, &iov, &from))
		return true;
	size_t written = output_send(connection, &iov, 1, -1, from);
	if (written == iov.iov_len && connection->state != CONNECTION_DEAD)
		connection_set_timer(connection, pace_on_timer, LIMIT_PACE_MS);
	return true;
}
