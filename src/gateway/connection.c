#include "gateway/connection.h"

#include "base/logging.h"
#include "base/memory.h"
#include "chat/command.h"
#include "gateway/sniff.h"
#include "gateway/websocket.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define IOV_MAX_PER_WRITE 64

void connection_set_timer(struct connection *connection, void (*fire)(struct timer *), int64_t wait_ms)
{
	struct loop *loop = &connection->gateway->loop;
	connection->timer.fire = fire;
	timer_set(&loop->timers, &connection->timer, loop->now_ms + wait_ms);
}

struct connection *connection_of_timer(struct timer *timer)
{
	return (struct connection *)(void *)((char *)timer - offsetof(struct connection, timer));
}

static void on_greet_timeout(struct timer *timer)
{
	connection_end(connection_of_timer(timer), "notice.greet_timeout");
}

void connection_await_greeting(struct connection *connection)
{
	connection_set_timer(connection, on_greet_timeout, connection->gateway->limits->greet_seconds * 1000);
}

/* What was waited for has come. */
static void rest(struct connection *connection)
{
	if (connection->state != CONNECTION_TALKING || connection->has_ended)
		return;
	timer_clear(&connection->timer);
	if (connection->dialect->rest)
		connection->dialect->rest(connection);
}

static void on_stall(struct timer *timer)
{
	connection_close(connection_of_timer(timer), "stalled");
}

static void on_linger_timeout(struct timer *timer)
{
	connection_close(connection_of_timer(timer), "ended");
}

static void on_pace(struct timer *timer)
{
	gateway_make_ready(connection_of_timer(timer)->gateway, connection_of_timer(timer));
}

static void on_ready(struct loop_source *source, uint32_t events)
{
	struct connection *connection = (struct connection *)source;
	if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		connection->is_readable = true;
	if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		connection->is_hanging_up = true;
	if (events & (EPOLLOUT | EPOLLERR) && !connection->is_writable) {
		connection->is_writable = true;
		if (connection->timer.fire == on_stall && timer_is_set(&connection->timer))
			rest(connection);
	}
	gateway_make_ready(connection->gateway, connection);
}

struct connection *connection_new(struct gateway *gateway, int fd, const char *host)
{
	struct connection *connection = mem_zero(sizeof *connection);
	connection->source.ready = on_ready;
	connection->gateway = gateway;
	connection->lang = (uint8_t)gateway->lang;
	connection->host = mem_string(host);
	connection->is_readable = connection->is_writable = true;
	stream_init(&connection->stream, fd);
	connection_await_greeting(connection);
	return connection;
}

void connection_free(struct connection *connection)
{
	timer_clear(&connection->timer);
	while (connection->subscriptions)
		feed_leave(connection->subscriptions);
	stream_close(&connection->stream);
	if (connection->quit)
		request_free(connection->quit);
	buffer_release(&connection->in);
	buffer_release(&connection->out);
	websocket_free(connection->websocket);
	free(connection->host);
	free(connection);
}

bool connection_can_take(const struct connection *connection)
{
	return connection->state == CONNECTION_TALKING && !connection->gateway->is_stopping &&
	       !connection->quit && connection->in_flight < LIMIT_IN_FLIGHT &&
	       connection->in_flight_bytes < LIMIT_IN_FLIGHT_BYTES &&
	       buffer_length(&connection->out) < LIMIT_REPLY_BYTES && !connection->tail_bytes;
}

/* From now on its entries may meet itself in the log, and have to be left out. */
static void become_author(struct connection *connection)
{
	connection->is_author = true;
	for (struct subscription *one = connection->subscriptions; one; one = one->next)
		one->cursor.is_author = true;
}

static bool is_saying(enum request_op op)
{
	switch (op) {
	case REQUEST_HELLO:
	case REQUEST_PING:
	case REQUEST_JOIN:
	case REQUEST_LEAVE:
	case REQUEST_HISTORY:
	case REQUEST_SEARCH:
	case REQUEST_ROOMS:
	case REQUEST_WHO:
	case REQUEST_HELP:
	case REQUEST_READ:
	case REQUEST_TOKEN:
	case REQUEST_PASSWD:
	case REQUEST_REGISTER:
	case REQUEST_QUIT:
	case REQUEST_CLOSED:
		return false;
	default:
		return true;
	}
}

void connection_ask(struct connection *connection, struct request *request)
{
	struct gateway *gateway = connection->gateway;
	if (request->op == REQUEST_QUIT && connection->in_flight) {
		connection->quit = request;
		return;
	}
	if (!connection->peer) {
		struct peer_info info = {.connection = connection->id,
					 .worker = gateway->worker,
					 .address = connection->host,
					 .is_secure = transport_is_secure(connection)};
		connection->peer = peer_new(&info);
	}
	if (request->op == REQUEST_HELLO && !connection->has_entered)
		connection->lang =
		    (uint8_t)lang_from_tag(request->text[REQUEST_TEXT_LANG], (enum lang)connection->lang);
	request->peer = connection->peer;
	request->encoding = (uint8_t)ENCODING(connection->dialect->id, connection->lang);
	if (!connection->is_author && is_saying(request->op))
		become_author(connection);
	/* Typing is not answered, and so never in flight. */
	if (request->op != REQUEST_TYPING && request->op != REQUEST_CLOSED) {
		connection->in_flight++;
		connection->in_flight_bytes += (uint32_t)request->bytes;
	}
	gateway_count(&gateway->counters.requests, 1);
	mail_chain_add(&gateway->requests, &request->mail);
}

void connection_ask_line(struct connection *connection, const char *line, size_t bytes, bool follows_name)
{
	bool is_command = bytes > 1 && line[0] == '/' && line[1] != '/';
	if (!is_command) {
		size_t skip = bytes > 1 && line[0] == '/' ? 1 : 0;
		struct request *request = request_new(REQUEST_SIMPLE, bytes);
		request_set_text(request, REQUEST_TEXT_MESSAGE, line + skip, bytes - skip);
		request->follows_name = follows_name;
		connection_ask(connection, request);
		return;
	}
	char *text = mem_string_n(line, bytes), wrong[128];
	struct request *request;
	enum command_result result = command_parse(text, &request, wrong, sizeof wrong);
	struct text_args args = {.text = wrong};
	if (result == COMMAND_OK) {
		request->follows_name = follows_name;
		connection_ask(connection, request);
	} else {
		connection->dialect->write_notice(
		    connection, result == COMMAND_USAGE ? "command.usage" : "command.unknown", &args);
	}
	free(text);
}

static void enter(struct connection *connection, const struct reply *reply)
{
	connection->has_entered = true;
	connection->author = reply->author;
	connection->is_simple = reply->kind == REPLY_ENTERED;
	if (connection->timer.fire == on_greet_timeout)
		rest(connection);
}

void connection_reply(struct connection *connection, const struct reply *reply)
{
	if (reply->is_answer) {
		assert(connection->in_flight);
		connection->in_flight--;
		connection->in_flight_bytes -= (uint32_t)reply->request_bytes;
	}
	gateway_make_ready(connection->gateway, connection);
	if (connection->quit && !connection->in_flight) {
		struct request *quit = connection->quit;
		connection->quit = NULL;
		connection_ask(connection, quit);
	}
	if (connection->state != CONNECTION_TALKING)
		return;
	gateway_count(&connection->gateway->counters.replies, 1);
	if (reply->kind == REPLY_WELCOME || reply->kind == REPLY_ENTERED)
		enter(connection, reply);
	if (reply->kind != REPLY_CLOSE && !reply->is_unasked)
		connection->dialect->write_reply(connection, reply);
	if (reply->kind == REPLY_JOINED)
		feed_join(connection->gateway, connection, reply);
	if (reply->kind == REPLY_LEFT) {
		struct subscription *left = feed_find_subscription(connection, reply->view);
		if (left)
			feed_leave(left);
	}
	if (reply->kind == REPLY_CLOSE || reply->kind == REPLY_BYE)
		connection_end(connection, reply->kind == REPLY_CLOSE ? reply->key : NULL);
}

void connection_fault(struct connection *connection, enum error_code code, const char *id, const char *key,
		      const struct text_args *args)
{
	static const struct text_args none;
	connection->dialect->write_fault(connection, code, id, key, args ? args : &none);
}

void connection_end(struct connection *connection, const char *key)
{
	if (connection->state != CONNECTION_TALKING)
		return;
	static const struct text_args none;
	if (key && connection->dialect)
		connection->dialect->write_notice(connection, key, &none);
	if (connection->dialect && connection->dialect->write_end)
		connection->dialect->write_end(connection);
	while (connection->subscriptions)
		feed_leave(connection->subscriptions);
	connection->state = CONNECTION_ENDING;
	/* When the server stops, one silent peer must not keep it for long. */
	connection_set_timer(connection, on_linger_timeout,
			     connection->gateway->is_stopping ? LIMIT_LINGER_MS / 8 : LIMIT_LINGER_MS);
	buffer_release(&connection->in);
	gateway_make_ready(connection->gateway, connection);
}

void connection_close(struct connection *connection, const char *why)
{
	if (connection->state == CONNECTION_DEAD)
		return;
	connection->state = CONNECTION_DEAD;
	connection->dead_next = connection->gateway->dead;
	connection->gateway->dead = connection;
	LOG_DEBUG("connection.close", "connection=%llx why=\"%s\"", (unsigned long long)connection->id, why);
}

/* --- input --- */

static size_t take(struct connection *connection, const char *bytes, size_t length)
{
	if (!connection->dialect) {
		enum sniff_result result = sniff(bytes, length, &connection->dialect);
		if (result == SNIFF_REFUSED) {
			const char *answer = sniff_refusal(bytes, length);
			buffer_add_string(&connection->out, answer);
			connection_end(connection, NULL);
			return length;
		}
		/* Only white space can be that long and tell nothing. */
		if (result == SNIFF_MORE)
			return length > SNIFF_BYTES_MAX ? length : 0;
		/* A browser is sent to where it should be: the web's own answer. */
		if (connection->gateway->transport->is_tls_required && connection->dialect != &dialect_web &&
		    !stream_is_encrypted(&connection->stream)) {
			connection_fault(connection, ERROR_INSECURE, NULL, "error.tls_required", NULL);
			connection_end(connection, NULL);
			return length;
		}
	}
	return connection->dialect->take(connection, bytes, length);
}

static void take_input(struct connection *connection, const char *bytes, size_t length)
{
	struct buffer *in = &connection->in;
	if (!buffer_length(in)) {
		/* The common case: whole requests, straight from the worker's scratch. */
		size_t used = take(connection, bytes, length);
		if (connection->state == CONNECTION_TALKING && used < length)
			buffer_add(in, bytes + used, length - used);
		return;
	}
	buffer_add(in, bytes, length);
	size_t used = take(connection, buffer_bytes(in), buffer_length(in));
	if (connection->state != CONNECTION_TALKING)
		return;
	buffer_take(in, used);
	if (!buffer_length(in))
		buffer_release(in);
}

static void end_of_input(struct connection *connection)
{
	connection->has_ended = true;
	/* Where something is still to be written, finish() closes behind it. */
	if (connection->state == CONNECTION_LINGERING)
		connection_close(connection, "ended");
	if (connection->state != CONNECTION_TALKING)
		return;
	if (connection->dialect && connection->dialect->take_rest && buffer_length(&connection->in))
		connection->dialect->take_rest(connection, buffer_bytes(&connection->in),
					       buffer_length(&connection->in));
	buffer_release(&connection->in);
	connection->scanned = 0;
	connection_set_timer(connection, on_linger_timeout, LIMIT_CATCH_UP_MS);
}

static void read_input(struct connection *connection)
{
	struct gateway *gateway = connection->gateway;
	bool is_discarding = connection->state != CONNECTION_TALKING;
	if (!is_discarding && buffer_length(&connection->in) && connection_can_take(connection))
		take_input(connection, NULL, 0);
	if (!connection->is_readable || connection->has_ended ||
	    !(is_discarding || connection_can_take(connection)))
		return;
	if (connection->transport != TRANSPORT_SETTLED && !is_discarding && !transport_settle(connection))
		return;
	/* Handshakes cost a thousand times what a message does: those who talk already come in between. */
	if (stream_is_handshaking(&connection->stream) && !gateway->handshakes_left--) {
		gateway->handshakes_left = 0;
		gateway_make_ready(gateway, connection);
		return;
	}
	ssize_t count = stream_read(&connection->stream, gateway->scratch, sizeof gateway->scratch);
	if (count == -EAGAIN) {
		connection->is_readable = false;
	} else if (count < 0) {
		connection_close(connection, strerror((int)-count));
	} else if (count == 0) {
		end_of_input(connection);
	} else {
		gateway_count(&gateway->counters.bytes_in, (uint64_t)count);
		if (!is_discarding)
			take_input(connection, gateway->scratch, (size_t)count);
		/* A short read of a plain stream has emptied it: the kernel tells of what comes later. An end
		 * that was told of already is not told again. */
		bool is_short =
		    (size_t)count < sizeof gateway->scratch && !stream_is_encrypted(&connection->stream);
		if (is_short && !connection->is_hanging_up)
			connection->is_readable = false;
		else
			/* More may be there; others come first. */
			gateway_make_ready(gateway, connection);
	}
}

/* --- output --- */

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
		connection_set_timer(connection, on_stall, connection->gateway->limits->stall_seconds * 1000);
}

/* Writes; returns the bytes taken, 0 where the connection is blocked or gone. */
static size_t write_iov(struct connection *connection, const struct iovec *iov, int count)
{
	ssize_t written = stream_write(&connection->stream, iov, count);
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
	rest(connection);
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
		connection->tail_bytes -= written - taken;
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
	else if (is_located)
		count += cursor_gather(&subscription->cursor, connection->author, iov + count,
				       IOV_MAX_PER_WRITE - count, LIMIT_WRITE_BYTES, UINT32_MAX);
	size_t total = total_of(iov, count);
	if (!total)
		return 0;
	size_t written = write_iov(connection, iov, count);
	if (written && connection->inside) {
		struct subscription *inside = connection->inside;
		uint32_t items = cursor_advance(&inside->cursor, connection->author, written);
		connection->inside = cursor_is_inside(&inside->cursor) ? inside : NULL;
		count_write(connection->gateway, written, items);
	} else if (written) {
		settle_write(connection, subscription, written);
	}
	if (connection->state != CONNECTION_DEAD && written < total)
		become_blocked(connection);
	return written;
}

/* How many objects wait for an unframed reader: more than a few go out in bulk. */
static bool is_backlog_long(const struct connection *connection)
{
	uint32_t items = 0;
	const char *at = buffer_bytes(&connection->out), *end = at + buffer_length(&connection->out);
	while (at < end && (at = memchr(at, '\n', (size_t)(end - at))) && items <= LIMIT_PACE_ITEMS) {
		items++;
		at++;
	}
	for (struct subscription *one = connection->subscriptions; one; one = one->next) {
		const struct chunk *chunk = one->cursor.chunk;
		if (!chunk || atomic_load_explicit(&chunk->next, memory_order_acquire))
			return true;
		items += atomic_load_explicit(&chunk->count, memory_order_acquire) - one->cursor.item;
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
	size_t written = write_iov(connection, &iov, 1);
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
static void flush(struct connection *connection)
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
	if (connection->timer.fire != on_linger_timeout)
		connection_set_timer(connection, on_linger_timeout, LIMIT_LINGER_MS);
}

static void finish(struct connection *connection)
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

void connection_pump(struct connection *connection)
{
	if (connection->state == CONNECTION_DEAD)
		return;
	read_input(connection);
	if (connection->state == CONNECTION_DEAD)
		return;
	flush(connection);
	connection_write(connection, NULL);
	for (struct subscription *one = connection->subscriptions; one && connection->is_writable;
	     one = one->next)
		connection_write(connection, one);
	if (connection->state != CONNECTION_DEAD)
		finish(connection);
}
