/* The native dialect, both forms: JSON objects, one a line. Contract: doc/protocol.md. */
#include "gateway/native.h"

#include "base/memory.h"
#include "gateway/connection.h"
#include "gateway/dialect.h"
#include "gateway/native_write.h"
#include "gateway/pace.h"
#include "wire/json_scan.h"
#include "wire/native.h"

#include <stdlib.h>
#include <string.h>

/* The object so far is too large: the rest of it is skipped. */
static void refuse_large(struct connection *connection, const char *bytes, size_t length)
{
	struct text_args args = {.text = "object", .number = LIMIT_OBJECT_BYTES};
	char id[LIMIT_ID_BYTES + 1];
	native_find_id(bytes, length, id);
	connection_fault(connection, ERROR_TOO_LARGE, *id ? id : NULL, TEXT_NONE, &args);
}

static void ask_simple(struct connection *connection, struct request *request)
{
	const char *message = request->text[REQUEST_TEXT_MESSAGE];
	/* The first object names the user; its message is a line like every later one. */
	if (!connection->has_entered && request->text[REQUEST_TEXT_NAME]) {
		size_t bytes = message ? strlen(message) : 0;
		char *line = bytes ? mem_string_n(message, bytes) : NULL;
		connection->has_asked_name = true;
		connection_ask(connection, request);
		if (line)
			connection_ask_line(connection, line, bytes, true);
		free(line);
		return;
	}
	if (message && *message)
		connection_ask_line(connection, message, strlen(message), false);
	else if (!connection->has_entered)
		connection_fault(connection, ERROR_BAD_FIELD, NULL, TEXT_NONE,
				 &(struct text_args){.text = "from.name"});
	request_free(request);
}

void native_take_object(struct connection *connection, const char *bytes, size_t length)
{
	struct request *request;
	struct native_fault what;
	int error = native_parse(bytes, length, &request, &what);
	if (error) {
		struct text_args args = {.text = what.field, .number = (int64_t)what.bytes_max};
		connection_fault(connection, (enum error_code) - error, *what.id ? what.id : NULL, what.key,
				 &args);
	} else if (request->op == REQUEST_SIMPLE) {
		ask_simple(connection, request);
	} else {
		connection_ask(connection, request);
	}
}

/* Kept for each connection. */
struct native_state {
	struct json_scan scan;
	uint32_t scanned; /* of what take() gets */
	bool is_skipping; /* what comes until the end of an oversized object */
	bool is_framed;   /* the client ends its objects with newlines: it reads lines itself */
	bool has_taken;   /* an object */
};

_Static_assert(sizeof(struct native_state) <= DIALECT_STATE_BYTES, "it lies in the connection");

static struct native_state *state_of(struct connection *connection)
{
	return (struct native_state *)(void *)connection->dialect_state;
}

/* A newline behind an object says that the client reads lines itself. */
static void look_at_framing(struct connection *connection, const char *space, size_t length)
{
	if (memchr(space, '\n', length))
		state_of(connection)->is_framed = true;
}

static size_t take(struct connection *connection, const char *bytes, size_t length)
{
	struct native_state *state = state_of(connection);
	size_t used = 0;
	while (connection_can_take(connection)) {
		size_t at = used + state->scanned, skipped, looked_at;
		enum json_scan_result result =
		    json_scan(&state->scan, bytes + at, length - at, &skipped, &looked_at);
		if (state->has_taken)
			look_at_framing(connection, bytes + at, skipped);
		if (result == JSON_SCAN_GARBAGE) {
			connection_end_answered(connection, ERROR_BAD_JSON);
			return length;
		}
		used += skipped;
		state->scanned += (uint32_t)(looked_at - skipped);
		if (state->scan.bytes > LIMIT_OBJECT_BYTES && !state->is_skipping) {
			state->is_skipping = true;
			refuse_large(connection, bytes + used, state->scanned);
		}
		if (result == JSON_SCAN_OBJECT && !state->is_skipping) {
			state->has_taken = true;
			native_take_object(connection, bytes + used, state->scanned);
		}
		if (result == JSON_SCAN_OBJECT || state->is_skipping) {
			used += state->scanned;
			state->scanned = 0;
		}
		if (result == JSON_SCAN_MORE)
			break;
		state->is_skipping = false;
	}
	return used;
}

/* A client of the simple form that does not write lines may not read them either. */
static bool pace(struct connection *connection)
{
	return connection->is_simple && !state_of(connection)->is_framed && pace_write(connection);
}

const struct dialect dialect_native = {
    .id = DIALECT_NATIVE,
    .name = "native",
    .take = take,
    .pace = pace,
    .write_reply = native_write_reply,
    .write_fault = native_write_fault,
    .write_notice = native_write_notice,
    .add_own = native_add_own,
    .encode = native_encode,
};
