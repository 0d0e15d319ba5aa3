#include "gateway/output.h"

#include "base/logging.h"
#include "base/sendable.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define IOV_MAX_PER_WRITE 64

/* The event that the connection waited for has come. */
void output_unblocked(struct connection *connection)
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

static void count_write(struct gateway *gateway, size_t bytes, uint32_t items)
{
	assert(bytes);
	gateway_count(&gateway->counters.writes, 1);
	gateway_count(&gateway->counters.bytes_out, bytes);
	gateway_count(&gateway->counters.deliveries, items);
}

/* The kernel takes no more: the reader is slow. A page is given back; it is read again when they go on. */
static void become_blocked(struct connection *connection)
{
	connection->is_writable = false;
	for (struct subscription *one = connection->subscriptions; one; one = one->next)
		if (one->cursor.chunk && one->cursor.chunk->is_cold)
			feed_fall_behind(one);
	if (connection->has_entered && connection->state == CONNECTION_TALKING && !connection->has_ended)
		watch_for_stall(connection);
}

/* The same as output_send(), but takes nothing off. */
static size_t write_iov(struct connection *connection, const struct iovec *iov, int count, int64_t offset)
{
	assert(count > 0 && connection->state != CONNECTION_DEAD);
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

/* If the first piece gathered can be sent as it lies in the log and is long enough, it alone is left;
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
	/* More that follows elsewhere takes another call. */
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

/* Takes written bytes off the private output; returns how many were its own. */
static size_t take_private(struct connection *connection, size_t written)
{
	size_t private_bytes = buffer_length(&connection->out);
	size_t taken = written < private_bytes ? written : private_bytes;
	if (taken)
		buffer_take(&connection->out, taken);
	if (taken && !buffer_length(&connection->out))
		buffer_release(&connection->out);
	return taken;
}

/* Takes written bytes off the tail; shows what is left of it, and returns how much. */
static size_t tail_of(const struct connection *connection, size_t written, struct iovec *left)
{
	const struct dialect *dialect = connection->dialect;
	/* A dialect writes to what it keeps, which lies in the connection. */
	return dialect && dialect->tail
		   ? dialect->tail((struct connection *)(uintptr_t)connection, written, left)
		   : 0;
}

/* The same for the file behind the tail. */
static size_t file_of(const struct connection *connection, size_t written, struct dialect_file *left)
{
	const struct dialect *dialect = connection->dialect;
	return dialect && dialect->file
		   ? dialect->file((struct connection *)(uintptr_t)connection, written, left)
		   : 0;
}

bool output_has_tail(const struct connection *connection)
{
	struct iovec left;
	struct dialect_file file;
	return tail_of(connection, 0, &left) || file_of(connection, 0, &file);
}

static size_t take_tail(struct connection *connection, size_t written)
{
	struct iovec left;
	if (!written || !tail_of(connection, 0, &left))
		return 0;
	/* The next request may be taken. */
	if (!tail_of(connection, written, &left)) {
		output_unblocked(connection);
		gateway_make_ready(connection->gateway, connection);
	}
	return written;
}

/* Takes what was written off the places that it came from, in their order. */
static void settle_write(struct connection *connection, struct subscription *from, size_t written)
{
	size_t left = written;
	uint32_t items = 0;
	/* Private output never goes into the middle of an item (connection.h, 3). */
	if (!connection->inside)
		left -= take_private(connection, left);
	if (!connection->inside)
		left -= take_tail(connection, left);
	assert(!left || (from && (!connection->inside || connection->inside == from))); /* connection.h 3 */
	if (left) {
		items = cursor_advance(&from->cursor, connection->author, left);
		connection->inside = cursor_is_inside(&from->cursor) ? from : NULL;
	}
	count_write(connection->gateway, written, items);
}

size_t output_send(struct connection *connection, const struct iovec *iov, int count, int64_t offset,
		   struct subscription *from)
{
	size_t total = total_of(iov, count);
	size_t written = total ? write_iov(connection, iov, count, offset) : 0;
	if (written)
		settle_write(connection, from, written);
	/* sendfile(2) may end early for reasons of its own: then another call tells. */
	if (written && written < total && offset < 0 && connection->state != CONNECTION_DEAD)
		become_blocked(connection);
	return written;
}

/* An entry of the reader's own, from another connection, goes out with its id, as private output at its place:
 * nothing of the cursor is written before it. */
void output_take_own(struct connection *connection, struct subscription *subscription)
{
	struct iovec item;
	const char *id;
	assert(connection->dialect);
	while (buffer_length(&connection->out) < LIMIT_WRITE_BYTES &&
	       (id = cursor_own_id(&subscription->cursor, connection->author, &item))) {
		if (connection->dialect->add_own)
			connection->dialect->add_own(item.iov_base, item.iov_len, id, &connection->out);
		else
			buffer_add(&connection->out, item.iov_base, item.iov_len);
		cursor_skip_rest(&subscription->cursor);
	}
}

void output_take_inside(struct connection *connection)
{
	assert(connection->inside);
	struct cursor *cursor = &connection->inside->cursor;
	struct iovec rest = cursor_rest(cursor);
	struct buffer out = BUFFER_EMPTY;
	buffer_add(&out, rest.iov_base, rest.iov_len);
	buffer_add(&out, buffer_bytes(&connection->out), buffer_length(&connection->out));
	buffer_release(&connection->out);
	connection->out = out;
	connection->inside = NULL;
	cursor_skip_rest(cursor);
}

/* True where the next item is one of those in front of `end_seq`. */
static bool is_before(struct connection *connection, struct cursor *cursor, uint64_t end_seq)
{
	return cursor->chunk && cursor_settle(cursor, connection->author) &&
	       cursor->chunk->items[cursor->item].seq < end_seq;
}

void output_take_log(struct connection *connection, struct subscription *subscription, uint64_t end_seq)
{
	struct iovec iov[IOV_MAX_PER_WRITE];
	struct cursor *cursor = &subscription->cursor;
	int count = 1;
	if (connection->inside == subscription)
		output_take_inside(connection);
	while (count && !connection->inside && buffer_length(&connection->out) < LIMIT_REPLY_BYTES &&
	       feed_locate(subscription)) {
		output_take_own(connection, subscription);
		count = is_before(connection, cursor, end_seq)
			    ? cursor_gather(cursor, connection->author, iov, IOV_MAX_PER_WRITE,
					    LIMIT_REPLY_BYTES, end_seq == UINT64_MAX ? UINT32_MAX : 1)
			    : 0;
		size_t bytes = total_of(iov, count);
		for (int i = 0; i < count; i++)
			buffer_add(&connection->out, iov[i].iov_base, iov[i].iov_len);
		if (bytes)
			cursor_advance(cursor, connection->author, bytes);
		/* A write that was cut at the bound: the rest follows at once. */
		while (cursor_is_inside(cursor)) {
			struct iovec rest = cursor_rest(cursor);
			buffer_add(&connection->out, rest.iov_base, rest.iov_len);
			cursor_skip_rest(cursor);
		}
	}
}

/* Sends a piece of the file in one call: uncopied, or by way of the worker's scratch where it is encrypted. Returns
 * the bytes; 0: it ends before its time, and so does the connection; or -errno. */
static ssize_t send_file_piece(struct connection *connection, const struct dialect_file *file)
{
	assert(file->length && file->offset >= 0);
	struct gateway *gateway = connection->gateway;
	size_t length = file->length < LIMIT_WRITE_BYTES ? file->length : LIMIT_WRITE_BYTES;
	if (!stream_is_encrypted(&connection->stream)) {
		ssize_t sent = stream_send_file(&connection->stream, file->fd, file->offset, length);
		if (sent > 0)
			gateway_count(&gateway->counters.bytes_uncopied, (uint64_t)sent);
		if (sent != -ENOSYS && sent != -EINVAL)
			return sent;
	}
	size_t room = length < sizeof gateway->scratch ? length : sizeof gateway->scratch;
	ssize_t count = pread(file->fd, gateway->scratch, room, file->offset);
	if (count <= 0)
		return count ? -errno : 0;
	struct iovec iov = {.iov_base = gateway->scratch, .iov_len = (size_t)count};
	return stream_write(&connection->stream, &iov, 1);
}

static size_t write_file_piece(struct connection *connection, const struct dialect_file *file)
{
	struct dialect_file left;
	ssize_t written = send_file_piece(connection, file);
	if (written == -EAGAIN) {
		become_blocked(connection);
		return 0;
	}
	if (written <= 0) {
		connection_close(connection,
				 written ? strerror((int)-written) : "the file is shorter than it was");
		return 0;
	}
	count_write(connection->gateway, (size_t)written, 0);
	/* The next request may be taken. */
	if (!file_of(connection, (size_t)written, &left)) {
		output_unblocked(connection);
		gateway_make_ready(connection->gateway, connection);
	}
	return (size_t)written;
}

/* One system call's worth. Returns the bytes written; 0: nothing to write, or blocked, or gone. */
static size_t output_write(struct connection *connection, struct subscription *subscription)
{
	struct iovec iov[IOV_MAX_PER_WRITE];
	int count = 0;
	int64_t offset = -1;
	if (connection->inside) {
		iov[0] = cursor_rest(&connection->inside->cursor);
		return output_send(connection, iov, 1, -1, connection->inside);
	}
	/* First of all, since it may add a notice of a gap to the private output. */
	bool is_located = subscription && feed_locate(subscription);
	if (is_located)
		output_take_own(connection, subscription);
	if (buffer_length(&connection->out))
		iov[count++] = (struct iovec){.iov_base = buffer_bytes(&connection->out),
					      .iov_len = buffer_length(&connection->out)};
	struct dialect_file file;
	if (!count && file_of(connection, 0, &file))
		return write_file_piece(connection, &file);
	if (tail_of(connection, 0, &iov[count]))
		count++;
	else if (is_located && subscription->cursor.chunk) {
		int gathered = cursor_gather(&subscription->cursor, connection->author, iov + count,
					     IOV_MAX_PER_WRITE - count, LIMIT_WRITE_BYTES, UINT32_MAX);
		if (!count)
			offset = choose_sendable(connection, &subscription->cursor, iov, &gathered);
		count += gathered;
	}
	return output_send(connection, iov, count, offset, subscription);
}

void connection_write(struct connection *connection, struct subscription *subscription)
{
	bool is_talking = connection->state == CONNECTION_TALKING && !connection->has_ended;
	if (is_talking && connection->dialect && connection->dialect->pace &&
	    connection->dialect->pace(connection))
		return;
	size_t budget = LIMIT_WRITE_BYTES, written;
	while (connection->is_writable && connection->state < CONNECTION_LINGERING &&
	       (written = output_write(connection, subscription))) {
		if (written >= budget) {
			gateway_make_ready(connection->gateway, connection);
			return;
		}
		budget -= written;
	}
}

/* Hands the kernel the bytes that the stream took and still holds. */
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
	if (connection->in_flight || buffer_length(&connection->out) || output_has_tail(connection) ||
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
				 !output_has_tail(connection);
	int error = is_over ? stream_end(&connection->stream) : -EAGAIN;
	if (error == -EAGAIN)
		return;
	/* Closing with unread input would reset the line and lose our last words. */
	if (error || connection->has_ended)
		connection_close(connection, error ? strerror(-error) : "ended");
	else
		linger(connection);
}
