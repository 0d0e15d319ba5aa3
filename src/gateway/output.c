#include "gateway/output.h"

#include "base/logging.h"
#include "base/sendable.h"

#include <errno.h>
#include <string.h>

#define IOV_MAX_PER_WRITE 64

/* What was waited for has come. */
void output_rest(struct connection *connection)
{
	if (connection->state != CONNECTION_TALKING || connection->has_ended)
		return;
	timer_clear(&connection->timer);
	if (connection->dialect->rest)
		connection->dialect->rest(connection);
}

void output_on_linger_timeout(struct timer *timer)
{
	connection_close(connection_of_timer(timer), "ended");
}

/* Blocked: how long it may be so without the peer taking anything at all. */
static void watch_for_stall(struct connection *connection)
{
	connection->confirmed = (uint32_t)stream_confirmed(&connection->stream);
	connection_set_timer(connection, output_on_stall, connection->gateway->limits->stall_seconds * 1000);
}

void output_on_stall(struct timer *timer)
{
	struct connection *connection = connection_of_timer(timer);
	/* The kernel says that there is room again only when there is much of it. */
	if ((uint32_t)stream_confirmed(&connection->stream) != connection->confirmed)
		watch_for_stall(connection);
	else
		connection_close(connection, "stalled");
}

static void on_pace(struct timer *timer)
{
	gateway_make_ready(connection_of_timer(timer)->gateway, connection_of_timer(timer));
}

static void count_write(struct gateway *gateway, size_t bytes, uint32_t items)
{
	gateway_count(&gateway->counters.writes, 1);
	gateway_count(&gateway->counters.bytes_out, bytes);
	gateway_count(&gateway->counters.deliveries, items);
}

/* The kernel takes no more: the reader is slow. A page is given back; it is read again when he goes on. */
static void become_blocked(struct connection *connection)
{
	connection->is_writable = false;
	for (struct subscription *one = connection->subscriptions; one; one = one->next)
		if (one->cursor.chunk && one->cursor.chunk->is_cold)
			feed_fall_behind(one);
	if (connection->has_entered && connection->state == CONNECTION_TALKING && !connection->has_ended)
		watch_for_stall(connection);
}

/* Writes; returns the bytes taken, 0 where the connection is blocked or gone. `offset` is the place of the
 * first and only piece in base/sendable.h's file, or -1. */
static size_t write_iov(struct connection *connection, const struct iovec *iov, int count, int64_t offset)
{
	ssize_t written = -ENOSYS;
	if (offset >= 0)
		written = stream_send_file(&connection->stream, sendable_file(), offset, iov->iov_len);
	if (written > 0)
		gateway_count(&connection->gateway->counters.bytes_uncopied, (uint64_t)written);
	else if (written == -ENOSYS || written == -EINVAL)
		written = stream_write(&connection->stream, iov, count);
	if (written == -EAGAIN) {
		become_blocked(connection);
		return 0;
	}
	if (written < 0) {
		connection_close(connection, strerror((int)-written));
		return 0;
	}
	return (size_t)written;
}

/* Where the first piece gathered can be sent as it lies in the log and is long enough, it alone is left;
 * returns its place in base/sendable.h's file, or -1. */
static int64_t choose_sendable(const struct connection *connection, const struct cursor *cursor,
			       struct iovec *iov, int *count)
{
	const struct chunk *chunk = cursor->chunk;
	if (!*count || chunk->file_offset < 0 || stream_is_encrypted(&connection->stream))
		return -1;
	uint32_t start = cursor->sent;
	/* The next chunk may happen to follow in memory, which says nothing about the file. */
	size_t length = iov->iov_len < chunk->bytes_max - start ? iov->iov_len : chunk->bytes_max - start;
	/* Where more follows elsewhere, that takes another call. */
	if (length < (*count > 1 ? LIMIT_SENDFILE_BYTES * 4 : LIMIT_SENDFILE_BYTES))
		return -1;
	iov->iov_len = length;
	*count = 1;
	return chunk->file_offset + start;
}

static size_t total_of(const struct iovec *iov, int count)
{
	size_t total = 0;
	for (int i = 0; i < count; i++)
		total += iov[i].iov_len;
	return total;
}

/* The next request may be taken. */
static void end_tail(struct connection *connection)
{
	connection->tail = NULL;
	output_rest(connection);
	gateway_make_ready(connection->gateway, connection);
}

/* Takes what was written off the private output, the tail and the cursor. */
static void settle_write(struct connection *connection, struct subscription *subscription, size_t written)
{
	size_t private_bytes = buffer_length(&connection->out);
	uint32_t items = 0;
	size_t taken = written < private_bytes ? written : private_bytes;
	if (taken)
		buffer_take(&connection->out, taken);
	if (taken && !buffer_length(&connection->out))
		buffer_release(&connection->out);
	if (written > taken && connection->tail_bytes) {
		connection->tail += written - taken;
		connection->tail_bytes -= (uint32_t)(written - taken);
		if (!connection->tail_bytes)
			end_tail(connection);
	} else if (written > taken) {
		items = cursor_advance(&subscription->cursor, connection->author, written - taken);
		connection->inside = cursor_is_inside(&subscription->cursor) ? subscription : NULL;
	}
	count_write(connection->gateway, written, items);
}

/* One system call's worth. Returns the bytes written; 0: nothing to write, or blocked, or gone. */
static size_t write_some(struct connection *connection, struct subscription *subscription)
{
	struct iovec iov[IOV_MAX_PER_WRITE];
	int count = 0;
	int64_t offset = -1;
	/* First of all, since it may add a notice of a gap to the private output. */
	bool is_located = !connection->inside && subscription && feed_locate(subscription);
	if (buffer_length(&connection->out) && !connection->inside)
		iov[count++] = (struct iovec){.iov_base = buffer_bytes(&connection->out),
					      .iov_len = buffer_length(&connection->out)};
	if (connection->inside)
		iov[count++] = cursor_rest(&connection->inside->cursor);
	else if (connection->tail_bytes)
		iov[count++] = (struct iovec){.iov_base = (char *)(uintptr_t)connection->tail,
					      .iov_len = connection->tail_bytes};
	else if (is_located) {
		int gathered = cursor_gather(&subscription->cursor, connection->author, iov + count,
					     IOV_MAX_PER_WRITE - count, LIMIT_WRITE_BYTES, UINT32_MAX);
		if (!count)
			offset = choose_sendable(connection, &subscription->cursor, iov, &gathered);
		count += gathered;
	}
	size_t total = total_of(iov, count);
	if (!total)
		return 0;
	size_t written = write_iov(connection, iov, count, offset);
	if (written && connection->inside) {
		struct subscription *inside = connection->inside;
		uint32_t items = cursor_advance(&inside->cursor, connection->author, written);
		connection->inside = cursor_is_inside(&inside->cursor) ? inside : NULL;
		count_write(connection->gateway, written, items);
	} else if (written) {
		settle_write(connection, subscription, written);
	}
	/* sendfile(2) may end early for reasons of its own: then another call tells. */
	if (connection->state != CONNECTION_DEAD && written < total && offset < 0)
		become_blocked(connection);
	return written;
}

/* How many objects wait for an unframed reader: more than a few go out in bulk. */
static bool is_backlog_long(const struct connection *connection)
{
	uint32_t items = 0;
	const char *at = buffer_bytes(&connection->out);
	for (size_t left = buffer_length(&connection->out); left && items <= LIMIT_PACE_ITEMS; items++) {
		const char *end = memchr(at, '\n', left);
		if (!end)
			break;
		left -= (size_t)(end - at) + 1;
		at = end + 1;
	}
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

/* One object for a client that takes whatever one recv() gives it for one object; the next one waits a
 * little, so that it does not arrive in the same. */
static void write_one_object(struct connection *connection)
{
	struct iovec iov;
	struct subscription *from = NULL;
	/* First of all, since it may add a notice of a gap to the private output. */
	for (struct subscription *one = connection->subscriptions; one; one = one->next)
		feed_locate(one);
	size_t private_bytes = buffer_length(&connection->out);
	if (connection->inside) {
		from = connection->inside;
		iov = cursor_rest(&from->cursor);
	} else if (private_bytes) {
		const char *bytes = buffer_bytes(&connection->out);
		const char *end = memchr(bytes, '\n', private_bytes);
		iov = (struct iovec){.iov_base = (char *)(uintptr_t)bytes,
				     .iov_len = end ? (size_t)(end - bytes) + 1 : private_bytes};
	} else {
		int count = 0;
		for (struct subscription *one = connection->subscriptions; one && !count; one = one->next) {
			from = one;
			if (feed_locate(one))
				count = cursor_gather(&one->cursor, connection->author, &iov, 1, 1, 1);
		}
		if (!count)
			return;
	}
	size_t written = write_iov(connection, &iov, 1, -1);
	if (!written)
		return;
	if (from) {
		uint32_t items = cursor_advance(&from->cursor, connection->author, written);
		connection->inside = cursor_is_inside(&from->cursor) ? from : NULL;
		count_write(connection->gateway, written, items);
	} else {
		settle_write(connection, NULL, written);
	}
	if (written < iov.iov_len)
		become_blocked(connection);
	else
		connection_set_timer(connection, on_pace, LIMIT_PACE_MS);
}

void connection_write(struct connection *connection, struct subscription *subscription)
{
	if (!connection->is_framed && connection->is_simple && connection->dialect == &dialect_native &&
	    connection->state == CONNECTION_TALKING && !connection->has_ended &&
	    !is_backlog_long(connection)) {
		if (connection->is_writable && !timer_is_set(&connection->timer))
			write_one_object(connection);
		return;
	}
	size_t budget = LIMIT_WRITE_BYTES, written;
	while (connection->is_writable && connection->state < CONNECTION_LINGERING &&
	       (written = write_some(connection, subscription))) {
		if (written >= budget) {
			gateway_make_ready(connection->gateway, connection);
			return;
		}
		budget -= written;
	}
}

/* What the stream took and the kernel did not. */
void output_flush(struct connection *connection)
{
	int error = connection->is_writable ? stream_flush(&connection->stream) : 0;
	if (error == -EAGAIN)
		become_blocked(connection);
	else if (error)
		connection_close(connection, strerror(-error));
}

/* Everything that a peer who has ended its side can still expect is written. */
static bool is_caught_up(struct connection *connection)
{
	if (connection->in_flight || buffer_length(&connection->out) || connection->tail_bytes ||
	    connection->inside)
		return false;
	for (struct subscription *one = connection->subscriptions; one; one = one->next)
		if (one->is_waiting || !feed_locate(one) || !cursor_is_at_end(&one->cursor))
			return false;
	return true;
}

static void linger(struct connection *connection)
{
	connection->state = CONNECTION_LINGERING;
	if (connection->timer.fire != output_on_linger_timeout)
		connection_set_timer(connection, output_on_linger_timeout, LIMIT_LINGER_MS);
}

void output_finish(struct connection *connection)
{
	bool is_over = connection->state == CONNECTION_TALKING
			   ? connection->has_ended && is_caught_up(connection)
			   : connection->state == CONNECTION_ENDING && !buffer_length(&connection->out) &&
				 !connection->tail_bytes;
	int error = is_over ? stream_end(&connection->stream) : -EAGAIN;
	if (error == -EAGAIN)
		return;
	/* Closing with unread input would reset the line and lose our last words. */
	if (error || connection->has_ended)
		connection_close(connection, error ? strerror(-error) : "ended");
	else
		linger(connection);
}
