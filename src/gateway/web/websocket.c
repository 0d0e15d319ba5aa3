/* The WebSocket dialect: the native objects, each a text message (RFC 6455). Contract: doc/protocol.md section 2. */
#include "base/memory.h"
#include "gateway/connection.h"
#include "gateway/dialect.h"
#include "gateway/native.h"
#include "gateway/sniff.h"
#include "wire/websocket.h"

#include <stdlib.h>
#include <string.h>

struct websocket {
	struct websocket_reader reader;
	enum websocket_code code; /* of the close frame that we shall send */
	bool has_heard;           /* anything, since the timer was last set */
	bool is_pinged;           /* and has not answered */
};

static struct websocket *websocket_state_of(const struct connection *connection)
{
	return *(struct websocket *const *)(const void *)connection->dialect_state;
}

static void websocket_open_state(struct connection *connection)
{
	struct websocket *websocket = mem_zero(sizeof *websocket);
	*(struct websocket **)(void *)connection->dialect_state = websocket;
	websocket->reader.message_max = LIMIT_OBJECT_BYTES;
	websocket->reader.skip_max = LIMIT_SKIPPED_BYTES;
	websocket->code = WEBSOCKET_NORMAL;
	connection_await_greeting(connection);
	gateway_count(&connection->gateway->counters.websockets, 1);
}

static void websocket_close_state(struct connection *connection)
{
	struct websocket *websocket = websocket_state_of(connection);
	websocket_reader_release(&websocket->reader);
	free(websocket);
}

/* --- signs of life --- */

static void on_websocket_silence(struct timer *timer);

static void websocket_watch(struct connection *connection)
{
	connection_set_timer(connection, on_websocket_silence,
			     connection->gateway->limits->ping_seconds * 1000);
}

/* A browser that lost its line may never say so, and a proxy between cuts lines that are silent. */
static void on_websocket_silence(struct timer *timer)
{
	struct connection *connection = connection_of_timer(timer);
	struct websocket *websocket = websocket_state_of(connection);
	/* Whom we do not read we cannot hear. */
	bool is_alive = websocket->has_heard || !connection_can_take(connection);
	if (!is_alive && websocket->is_pinged) {
		connection_close(connection, "no pong");
		return;
	}
	websocket->has_heard = false;
	websocket->is_pinged = !is_alive;
	if (!is_alive) {
		websocket_add_ping(&connection->out);
		gateway_make_ready(connection->gateway, connection);
	}
	websocket_watch(connection);
}

/* --- out --- */

/* The native dialect wrote lines, one an object: each becomes a frame. */
static void frame_lines(struct connection *connection, size_t from)
{
	struct buffer *out = &connection->out, lines = BUFFER_EMPTY;
	size_t bytes = buffer_length(out) - from;
	if (!bytes)
		return;
	buffer_add(&lines, buffer_bytes(out) + from, bytes);
	out->end -= (uint32_t)bytes;
	while (buffer_length(&lines)) {
		const char *line = buffer_bytes(&lines);
		const char *end = memchr(line, '\n', buffer_length(&lines));
		size_t start = buffer_length(out);
		buffer_add(out, line, (size_t)(end - line));
		websocket_frame_text(out, start);
		buffer_take(&lines, (size_t)(end - line) + 1);
	}
	buffer_release(&lines);
}

static void websocket_write_reply(struct connection *connection, const struct reply *reply)
{
	size_t from = buffer_length(&connection->out);
	dialect_native.write_reply(connection, reply);
	frame_lines(connection, from);
}

static void websocket_write_fault(struct connection *connection, enum error_code code, const char *id,
				  enum text key, const struct text_args *args)
{
	size_t from = buffer_length(&connection->out);
	dialect_native.write_fault(connection, code, id, key, args);
	frame_lines(connection, from);
}

static void websocket_write_notice(struct connection *connection, enum text key, const struct text_args *args)
{
	size_t from = buffer_length(&connection->out);
	dialect_native.write_notice(connection, key, args);
	frame_lines(connection, from);
}

static void websocket_write_end(struct connection *connection)
{
	enum websocket_code code = websocket_state_of(connection)->code;
	if (connection->gateway->is_stopping && code == WEBSOCKET_NORMAL)
		code = WEBSOCKET_GOING_AWAY;
	websocket_add_close(&connection->out, code);
}

static void websocket_encode(const struct entry *entry, enum lang lang, struct buffer *to)
{
	size_t from = buffer_length(to);
	dialect_native.encode(entry, lang, to);
	/* A frame needs no newline. */
	to->end--;
	websocket_frame_text(to, from);
}

/* The object of a frame, which is framed anew since it grows. */
static void websocket_add_own(const char *bytes, size_t length, const char *id, struct buffer *to)
{
	size_t from = buffer_length(to), header = websocket_header_bytes(bytes);
	dialect_native.add_own(bytes + header, length - header, id, to);
	websocket_frame_text(to, from);
}

/* --- in --- */

static void end_with(struct connection *connection, unsigned code)
{
	websocket_state_of(connection)->code = (enum websocket_code)code;
	connection_end_answered(connection, ERROR_NONE);
}

/* A message that cannot even begin an object ends the connection, as on every transport; everything else that is wrong
 * with a message is told. */
static void websocket_take_message(struct connection *connection, const char *bytes, size_t length)
{
	size_t space = sniff_space(bytes, length);
	if (space < length && bytes[space] == '{') {
		native_take_object(connection, bytes + space, length - space);
		return;
	}
	websocket_state_of(connection)->code = WEBSOCKET_POLICY;
	connection_end_answered(connection, ERROR_BAD_JSON);
}

static void websocket_handle(struct connection *connection, enum websocket_event event)
{
	struct websocket_reader *reader = &websocket_state_of(connection)->reader;
	struct text_args too_large = {.text = "object", .number = LIMIT_OBJECT_BYTES};
	switch (event) {
	case WEBSOCKET_MESSAGE:
		websocket_take_message(connection, buffer_string(&reader->message),
				       buffer_length(&reader->message));
		/* An idle connection keeps no memory of what it said. */
		websocket_reader_release(reader);
		break;
	case WEBSOCKET_TOO_LARGE:
		connection_fault(connection, ERROR_TOO_LARGE, NULL, TEXT_NONE, &too_large);
		break;
	case WEBSOCKET_PING:
		websocket_add_pong(&connection->out, buffer_bytes(&reader->control),
				   buffer_length(&reader->control));
		break;
	case WEBSOCKET_CLOSE:
	case WEBSOCKET_FAULT:
		end_with(connection, reader->code);
		break;
	case WEBSOCKET_PONG:
	case WEBSOCKET_MORE:
		break;
	}
	if (event != WEBSOCKET_MORE)
		buffer_release(&reader->control);
}

static size_t websocket_take(struct connection *connection, const char *bytes, size_t length)
{
	struct websocket *websocket = websocket_state_of(connection);
	size_t used = 0;
	if (length) {
		websocket->has_heard = true;
		websocket->is_pinged = false;
	}
	while (used < length && connection_can_take(connection)) {
		size_t part;
		enum websocket_event event =
		    websocket_read(&websocket->reader, bytes + used, length - used, &part);
		used += part;
		websocket_handle(connection, event);
	}
	return used;
}

const struct dialect dialect_websocket = {
    .id = DIALECT_WEBSOCKET,
    .name = "websocket",
    .open = websocket_open_state,
    .close = websocket_close_state,
    .take = websocket_take,
    .write_reply = websocket_write_reply,
    .write_fault = websocket_write_fault,
    .write_notice = websocket_write_notice,
    .write_end = websocket_write_end,
    .rest = websocket_watch,
    .add_own = websocket_add_own,
    .encode = websocket_encode,
};
