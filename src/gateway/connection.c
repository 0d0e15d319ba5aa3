#include "gateway/connection.h"

#include "base/container_of.h"
#include "base/logging.h"
#include "base/memory.h"
#include "base/operation.h"
#include "chat/talk/command.h"
#include "gateway/expensive.h"
#include "gateway/output.h"
#include "gateway/sniff.h"
#include "gateway/web/throttle.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

void connection_set_timer(struct connection *connection, void (*fire)(struct timer *), int64_t wait_ms)
{
	struct loop *loop = &connection->gateway->loop;
	connection->timer.fire = fire;
	timer_set(&loop->timers, &connection->timer, loop->now_ms + wait_ms);
}

struct connection *connection_of_timer(struct timer *timer)
{
	return CONTAINER_OF(timer, struct connection, timer);
}

static void on_greet_timeout(struct timer *timer)
{
	connection_end(connection_of_timer(timer), TEXT_notice_greet_timeout);
}

void connection_await_greeting(struct connection *connection)
{
	connection_set_timer(connection, on_greet_timeout, connection->gateway->limits->greet_seconds * 1000);
}

/* Somebody pressed Enter and waits: programs that begin with a line end go on at once. */
static void on_empty_line(struct timer *timer)
{
	static const struct text_args none;
	struct connection *connection = connection_of_timer(timer);
	dialect_text.write_notice(connection, TEXT_notice_ask_name, &none);
	gateway_make_ready(connection->gateway, connection);
	connection_await_greeting(connection);
}

static void await_name(struct connection *connection)
{
	if (connection->is_name_awaited)
		return;
	connection->is_name_awaited = true;
	connection_set_timer(connection, on_empty_line, LIMIT_EMPTY_LINE_MS);
}

static void on_ready(struct loop_source *source, uint32_t events)
{
	struct connection *connection = (struct connection *)source;
	if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		connection->is_readable = true;
	if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		connection->is_hanging_up = true;
	if (events & (EPOLLHUP | EPOLLERR))
		connection->is_broken = true;
	if (events & (EPOLLOUT | EPOLLERR) && !connection->is_writable) {
		connection->is_writable = true;
		if (connection->timer.fire == output_on_stall && timer_is_set(&connection->timer))
			output_unblocked(connection);
	}
	gateway_make_ready(connection->gateway, connection);
}

static struct peer *new_peer(const struct connection *connection, const char *host)
{
	struct peer_info info = {
	    .connection = connection->id, .worker = connection->gateway->worker, .address = host};
	return peer_new(&info);
}

const char *connection_host(const struct connection *connection)
{
	return peer_address(connection->peer);
}

void connection_set_host(struct connection *connection, const char *host)
{
	assert(!connection->is_known);
	peer_free(connection->peer);
	connection->peer = new_peer(connection, host);
}

void connection_speak(struct connection *connection, const struct dialect *dialect)
{
	if (connection->dialect && connection->dialect->close)
		connection->dialect->close(connection);
	memset(connection->dialect_state, 0, sizeof connection->dialect_state);
	connection->dialect = dialect;
	if (dialect->open)
		dialect->open(connection);
}

struct connection *connection_new(struct gateway *gateway, uint64_t id, int fd, const char *host)
{
	assert(fd >= 0 && host);
	struct connection *connection = mem_zero(sizeof *connection);
	connection->id = id;
	connection->source.ready = on_ready;
	connection->gateway = gateway;
	connection->lang = (uint8_t)gateway->lang;
	connection->peer = new_peer(connection, host);
	connection->is_readable = connection->is_writable = true;
	stream_init(&connection->stream, fd);
	connection_await_greeting(connection);
	return connection;
}

void connection_free(struct connection *connection)
{
	assert(connection->state == CONNECTION_DEAD); /* 1 */
	timer_clear(&connection->timer);
	expensive_forget(connection);
	while (connection->subscriptions)
		feed_leave(connection->subscriptions);
	stream_close(&connection->stream);
	if (connection->quit)
		request_free(connection->quit);
	buffer_release(&connection->in);
	buffer_release(&connection->out);
	if (connection->dialect && connection->dialect->close)
		connection->dialect->close(connection);
	if (!connection->is_known)
		peer_free(connection->peer);
	free(connection);
}

static bool is_busy(const struct connection *connection)
{
	const struct dialect *dialect = connection->dialect;
	return dialect && dialect->is_busy && dialect->is_busy(connection);
}

bool connection_can_take(const struct connection *connection)
{
	return connection->state == CONNECTION_TALKING && !connection->gateway->is_stopping &&
	       !connection->is_throttled && !connection->quit && !connection->is_over && !connection->held &&
	       connection->in_flight < LIMIT_IN_FLIGHT &&
	       connection->in_flight_bytes < LIMIT_IN_FLIGHT_BYTES &&
	       buffer_length(&connection->out) < LIMIT_REPLY_BYTES && !output_has_tail(connection) &&
	       !is_busy(connection);
}

/* From now on the log may contain its own entries, which must be skipped when writing to it. */
static void become_author(struct connection *connection)
{
	if (!connection->is_echoed)
		feed_set_author(connection, true);
}

void connection_ask(struct connection *connection, struct request *request)
{
	assert(connection->dialect && !request->peer);
	struct gateway *gateway = connection->gateway;
	if (request->op == REQUEST_QUIT && connection->in_flight) {
		connection->quit = request;
		return;
	}
	if (!connection->is_known) {
		peer_set_secure(connection->peer, transport_is_secure(connection));
		peer_set_page(connection->peer, connection->dialect->id == DIALECT_WEBSOCKET);
	}
	connection->is_known = true;
	if (request->op == REQUEST_HELLO && !connection->has_entered)
		connection->lang =
		    (uint8_t)lang_from_tag(request->text[REQUEST_TEXT_LANG], (enum lang)connection->lang);
	request->peer = connection->peer;
	request->encoding = (uint8_t)ENCODING(connection->dialect->id, connection->lang);
	if (!connection->is_author && operation_is(request->op, OPERATION_SAYS))
		become_author(connection);
	if (request->op != REQUEST_CLOSED)
		throttle_spend(connection);
	/* A client that asks for many pages and reads none must not fill the memory with answers. */
	if (expensive_is(request->op))
		request->bytes += LIMIT_PAGE_WEIGHT;
	if (!operation_is(request->op, OPERATION_UNANSWERED)) {
		/* 2: a first object may ask twice, for its name and its message. */
		assert(connection->in_flight <= LIMIT_IN_FLIGHT);
		connection->in_flight++;
		connection->in_flight_bytes += (uint32_t)request->bytes;
	}
	gateway_count(&gateway->counters.requests, 1);
	if (!expensive_is(request->op) || !expensive_hold(connection, request))
		mail_chain_add(&gateway->requests, &request->mail);
}

void connection_ask_line(struct connection *connection, const char *line, size_t bytes, bool follows_name)
{
	bool is_command = bytes && line[0] == '/' && !(bytes > 1 && line[1] == '/');
	if (!is_command) {
		size_t skip = bytes > 1 && line[0] == '/' ? 1 : 0;
		struct request *request = request_new(REQUEST_SIMPLE, bytes);
		request_set_text(request, REQUEST_TEXT_MESSAGE, line + skip, bytes - skip);
		request->follows_name = follows_name;
		connection_ask(connection, request);
		return;
	}
	char *text = mem_string_n(line, bytes), wrong[COMMAND_WRONG_BYTES];
	struct request *request;
	enum command_result result = command_parse(text, &request, wrong);
	struct text_args args = {.text = wrong};
	if (result == COMMAND_OK) {
		request->follows_name = follows_name;
		connection_ask(connection, request);
	} else {
		connection->dialect->write_notice(
		    connection, result == COMMAND_USAGE ? TEXT_command_usage : TEXT_command_unknown, &args);
	}
	mem_wipe(text, bytes);
	free(text);
}

static void connection_enter(struct connection *connection, const struct reply *reply)
{
	assert(connection->is_known);
	connection->has_entered = true;
	connection->is_simple = reply->kind == REPLY_ENTERED;
	connection->author = connection->is_simple ? reply->entered.author : reply->welcome.author;
	if (connection->timer.fire == on_greet_timeout)
		output_unblocked(connection);
}

static void end_if_answered(struct connection *connection)
{
	if (!connection->is_over || connection->in_flight || connection->state != CONNECTION_TALKING)
		return;
	if (connection->last_error)
		connection_fault(connection, (enum error_code)connection->last_error, NULL,
				 TEXT_error_no_object, NULL);
	connection_end(connection, TEXT_NONE);
}

void connection_end_answered(struct connection *connection, enum error_code code)
{
	connection->is_over = true;
	connection->last_error = (uint8_t)code;
	end_if_answered(connection);
}

void connection_reply(struct connection *connection, const struct reply *reply)
{
	if (reply->is_answer) {
		assert(connection->in_flight && connection->in_flight_bytes >= reply->request_bytes); /* 2 */
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
		connection_enter(connection, reply);
	/* Somebody who resumes meets what they said before. */
	if (!connection->is_author &&
	    (reply->kind == REPLY_OWN || (reply->kind == REPLY_JOINED && reply->joined.is_resumed)))
		become_author(connection);
	if (reply->kind != REPLY_CLOSE && reply->kind != REPLY_OWN && !reply->is_unasked)
		connection->dialect->write_reply(connection, reply);
	if (reply->kind == REPLY_JOINED)
		feed_join(connection->gateway, connection, reply);
	if (reply->kind == REPLY_LEFT) {
		struct subscription *left = feed_find_subscription(connection, reply->left.view);
		if (left)
			feed_leave(left);
	}
	if (reply->kind == REPLY_CLOSE || reply->kind == REPLY_BYE)
		connection_end(connection, reply->kind == REPLY_CLOSE ? reply->note.key : TEXT_NONE);
	end_if_answered(connection);
}

void connection_fault(struct connection *connection, enum error_code code, const char *id, enum text key,
		      const struct text_args *args)
{
	assert(connection->dialect);
	static const struct text_args none;
	connection->dialect->write_fault(connection, code, id, key, args ? args : &none);
}

void connection_end(struct connection *connection, enum text key)
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
	connection_set_timer(connection, output_on_linger_timeout,
			     connection->gateway->is_stopping ? LIMIT_LINGER_MS / 8 : LIMIT_LINGER_MS);
	buffer_release(&connection->in);
	gateway_make_ready(connection->gateway, connection);
}

void connection_close(struct connection *connection, const char *why)
{
	if (connection->state == CONNECTION_DEAD)
		return;
	connection->state = CONNECTION_DEAD;
	if (connection->is_throttled)
		throttle_forget(connection);
	connection->aside_next = connection->gateway->dead;
	connection->gateway->dead = connection;
	LOG_DEBUG("connection.close", "connection=%llx why=\"%s\"", (unsigned long long)connection->id, why);
}

/* --- input --- */

static size_t connection_take(struct connection *connection, const char *bytes, size_t length)
{
	size_t skipped = 0;
	if (!connection->dialect) {
		const struct dialect *dialect = NULL;
		enum sniff_result result = sniff(bytes, length, &dialect);
		if (result == SNIFF_REFUSED) {
			const char *answer = sniff_refusal(bytes, length);
			buffer_add_string(&connection->out, answer);
			connection_end(connection, TEXT_NONE);
			return length;
		}
		size_t space = sniff_space(bytes, length);
		if (result == SNIFF_MORE) {
			if (length && space == length && memchr(bytes, '\n', length))
				await_name(connection);
			return space;
		}
		if (connection->timer.fire == on_empty_line)
			connection_await_greeting(connection);
		connection_speak(connection, dialect);
		bytes += space;
		length -= space;
		skipped = space;
		/* A browser is sent to where it should be: the web's own answer. */
		if (connection->gateway->transport->is_tls_required && connection->dialect != &dialect_web &&
		    !stream_is_encrypted(&connection->stream)) {
			connection_fault(connection, ERROR_INSECURE, NULL, TEXT_error_tls_required, NULL);
			connection_end(connection, TEXT_NONE);
			return skipped + length;
		}
	}
	return skipped + connection->dialect->take(connection, bytes, length);
}

static void connection_take_input(struct connection *connection, const char *bytes, size_t length)
{
	struct buffer *in = &connection->in;
	if (!buffer_length(in)) {
		/* The common case: whole requests, straight from the worker's scratch. */
		size_t used = connection_take(connection, bytes, length);
		if (connection->state == CONNECTION_TALKING && used < length)
			buffer_add(in, bytes + used, length - used);
		return;
	}
	buffer_add(in, bytes, length);
	size_t used = connection_take(connection, buffer_bytes(in), buffer_length(in));
	if (connection->state != CONNECTION_TALKING)
		return;
	buffer_take(in, used);
	if (!buffer_length(in))
		buffer_release(in);
}

static void end_of_input(struct connection *connection)
{
	connection->has_ended = true;
	/* If something is still to be written, output_finish() closes behind it. */
	if (connection->state == CONNECTION_LINGERING)
		connection_close(connection, "ended");
	if (connection->state != CONNECTION_TALKING)
		return;
	if (connection->dialect && connection->dialect->take_rest && buffer_length(&connection->in))
		connection->dialect->take_rest(connection, buffer_bytes(&connection->in),
					       buffer_length(&connection->in));
	buffer_release(&connection->in);
	connection_set_timer(connection, output_on_linger_timeout, LIMIT_CATCH_UP_MS);
}

static void connection_read_input(struct connection *connection)
{
	struct gateway *gateway = connection->gateway;
	bool is_discarding = connection->state != CONNECTION_TALKING;
	if (!is_discarding && buffer_length(&connection->in) && connection_can_take(connection))
		connection_take_input(connection, NULL, 0);
	if (!connection->is_readable || connection->has_ended ||
	    !(is_discarding || connection_can_take(connection)))
		return;
	if (connection->transport != TRANSPORT_SETTLED && !is_discarding && !transport_settle(connection))
		return;
	if (stream_is_handshaking(&connection->stream)) {
		/* The handshake of a peer that has gone again is not worth the work. */
		if (connection->is_broken)
			connection_close(connection, "reset");
		else if (!gateway->is_at_handshakes)
			gateway_make_ready(gateway, connection);
		if (connection->is_broken || !gateway->is_at_handshakes)
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
			connection_take_input(connection, gateway->scratch, (size_t)count);
		/* It may have been a password. */
		mem_wipe(gateway->scratch, (size_t)count);
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

void connection_pump(struct connection *connection)
{
	if (connection->state == CONNECTION_DEAD)
		return;
	if (connection->dialect && connection->dialect->resume)
		connection->dialect->resume(connection);
	connection_read_input(connection);
	if (connection->state == CONNECTION_DEAD)
		return;
	output_flush(connection);
	/* Private output goes out along with the first subscription's entries, in one system call. */
	if (!connection->subscriptions)
		connection_write(connection, NULL);
	for (struct subscription *one = connection->subscriptions; one && connection->is_writable;
	     one = one->next)
		connection_write(connection, one);
	if (connection->state != CONNECTION_DEAD)
		output_finish(connection);
}
