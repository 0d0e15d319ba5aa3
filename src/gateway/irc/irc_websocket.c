/* IRC in WebSocket messages, a line in each (ircv3.net/specs/extensions/websocket). What the logs hold are lines, so all
 * output goes by way of a buffer, and is framed as it leaves. */
#include "base/memory.h"
#include "gateway/irc/irc.h"
#include "gateway/output.h"
#include "wire/websocket.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct irc_websocket {
	struct websocket_reader reader;
	struct buffer raw;        /* lines that are not framed yet */
	enum websocket_code code; /* of the close frame that we shall send */
	bool is_binary;
};

void irc_speak_websocket(struct connection *connection, bool is_binary)
{
	connection_speak(connection, &dialects_irc[0]);
	struct irc_websocket *websocket = mem_zero(sizeof *websocket);
	websocket->reader.message_max = IRC_TAGS_BYTES + IRC_BODY_BYTES;
	websocket->reader.skip_max = LIMIT_SKIPPED_BYTES;
	websocket->reader.takes_binary = true;
	websocket->is_binary = is_binary;
	websocket->code = WEBSOCKET_NORMAL;
	irc_make_extra(irc_of(connection))->websocket = websocket;
	connection_await_greeting(connection);
	gateway_count(&connection->gateway->counters.websockets, 1);
}

void irc_free_websocket(struct irc *irc)
{
	struct irc_websocket *websocket = irc_extra(irc)->websocket;
	if (!websocket)
		return;
	websocket_reader_release(&websocket->reader);
	buffer_release(&websocket->raw);
	free(websocket);
}

struct buffer *irc_raw(struct connection *connection)
{
	struct irc_websocket *websocket = irc_extra(irc_of(connection))->websocket;
	return websocket ? &websocket->raw : &connection->out;
}

size_t irc_waiting(const struct connection *connection)
{
	const struct irc_websocket *websocket = irc_extra(irc_of(connection))->websocket;
	return buffer_length(&connection->out) + (websocket ? buffer_length(&websocket->raw) : 0);
}

static void swap(struct connection *connection, struct irc_websocket *websocket)
{
	struct buffer out = connection->out;
	connection->out = websocket->raw;
	websocket->raw = out;
}

void irc_take_log(struct connection *connection, struct subscription *subscription, uint64_t end_seq)
{
	struct irc_websocket *websocket = irc_extra(irc_of(connection))->websocket;
	if (websocket)
		swap(connection, websocket);
	output_take_log(connection, subscription, end_seq);
	if (websocket)
		swap(connection, websocket);
}

/* Each line becomes a frame. */
static void frame_raw(struct connection *connection)
{
	struct irc_websocket *websocket = irc_extra(irc_of(connection))->websocket;
	struct buffer *out = &connection->out;
	while (buffer_length(&websocket->raw)) {
		const char *line = buffer_bytes(&websocket->raw);
		const char *end = memmem(line, buffer_length(&websocket->raw), "\r\n", 2);
		size_t start = buffer_length(out);
		assert(end);
		buffer_add(out, line, (size_t)(end - line));
		websocket_frame(out, start, websocket->is_binary);
		buffer_take(&websocket->raw, (size_t)(end - line) + 2);
	}
	buffer_release(&websocket->raw);
}

bool irc_write_websocket(struct connection *connection)
{
	if (!irc_extra(irc_of(connection))->websocket)
		return false;
	assert(!connection->inside);
	size_t budget = LIMIT_WRITE_BYTES, written;
	do {
		if (buffer_length(&connection->out) < LIMIT_WRITE_BYTES) {
			irc_begin(connection);
			irc_of(connection)->is_unasked = true;
			irc_out(connection);
			irc_of(connection)->is_unasked = false;
			frame_raw(connection);
		}
		struct iovec iov = {.iov_base = buffer_bytes(&connection->out),
				    .iov_len = buffer_length(&connection->out)};
		written =
		    iov.iov_len && connection->is_writable ? output_send(connection, &iov, 1, -1, NULL) : 0;
		if (written >= budget)
			gateway_make_ready(connection->gateway, connection);
		budget -= written < budget ? written : budget;
	} while (written && budget);
	return true;
}

void irc_end_websocket(struct connection *connection)
{
	const struct irc_websocket *websocket = irc_extra(irc_of(connection))->websocket;
	if (!websocket)
		return;
	frame_raw(connection);
	websocket_add_close(&connection->out, websocket->code);
}

static void handle(struct connection *connection, enum websocket_event event)
{
	struct irc *irc = irc_of(connection);
	struct irc_websocket *websocket = irc_extra(irc)->websocket;
	struct websocket_reader *reader = &websocket->reader;
	size_t bytes = buffer_length(&reader->message);
	switch (event) {
	case WEBSOCKET_MESSAGE:
		/* Some send the end of the line with it. */
		if (bytes && buffer_bytes(&reader->message)[bytes - 1] == '\n')
			bytes--;
		irc_take_line(connection, buffer_string(&reader->message), bytes);
		websocket_reader_release(reader);
		irc->is_paused |= irc_is_asking(irc);
		break;
	case WEBSOCKET_TOO_LARGE:
		irc_numeric(connection, "417", ":Input line was too long");
		break;
	case WEBSOCKET_PING:
		websocket_add_pong(&connection->out, buffer_bytes(&reader->control),
				   buffer_length(&reader->control));
		break;
	case WEBSOCKET_CLOSE:
	case WEBSOCKET_FAULT:
		websocket->code = (enum websocket_code)reader->code;
		connection_end_answered(connection, ERROR_NONE);
		break;
	case WEBSOCKET_PONG:
	case WEBSOCKET_MORE:
		break;
	}
	if (event != WEBSOCKET_MORE)
		buffer_release(&reader->control);
}

size_t irc_take_websocket(struct connection *connection, const char *bytes, size_t length)
{
	struct irc *irc = irc_of(connection);
	size_t used = 0;
	while (used < length && connection_can_take(connection)) {
		size_t part;
		irc->has_heard = true;
		enum websocket_event event =
		    websocket_read(&irc_extra(irc)->websocket->reader, bytes + used, length - used, &part);
		used += part;
		handle(connection, event);
	}
	return used;
}
