/* Plain text lines, for netcat and telnet: the first line is the name, every later one a message or a
 * command; what comes back is made for reading. Contract: doc/protocol.md section 2. */
#include "base/memory.h"
#include "base/text/utf8.h"
#include "chat/chat.h"
#include "gateway/connection.h"
#include "gateway/dialect.h"
#include "gateway/sniff.h"
#include "gateway/wording.h"
#include "wire/telnet.h"

#include <stdlib.h>
#include <string.h>

/* Adds text of somebody else: control characters (which drive terminals) are shown as '?', and a line
 * break is followed by an indent, so that nobody writes lines that look like another's. */
static void add_safely(struct buffer *to, const char *text)
{
	for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
		if (*at == '\n')
			buffer_add_string(to, "\n  ");
		else if (*at == '\t' || (*at >= ' ' && *at != 0x7f && !(*at == 0xc2 && at[1] < 0xa0)))
			buffer_add_char(to, (char)*at);
		else if (*at == 0xc2) {
			/* U+0080 to U+009F: control characters in two bytes. */
			buffer_add_char(to, '?');
			at++;
		} else if (*at != '\r')
			buffer_add_char(to, '?');
	}
}

static void text_encode(const struct entry *entry, enum lang lang, struct buffer *to)
{
	/* A plain line does not show that somebody types or has read. */
	if (entry->kind == ENTRY_TYPING || entry->kind == ENTRY_READ)
		return;
	if (strcmp(entry->room, CHAT_LOBBY))
		buffer_printf(to, "[%s] ", entry->room);
	bool is_said = entry->kind == ENTRY_MESSAGE && !(entry->flags & ENTRY_ACTION);
	if (is_said)
		buffer_printf(to, "%s: ", entry->name);
	else if (entry->kind == ENTRY_MESSAGE)
		buffer_printf(to, "* %s ", entry->name);
	else
		buffer_add_string(to, "* ");
	struct buffer words = BUFFER_EMPTY;
	wording_entry(&words, lang, entry);
	add_safely(to, buffer_string(&words));
	buffer_release(&words);
	buffer_add_char(to, '\n');
}

static void emit_line(void *context, const char *text)
{
	struct connection *connection = context;
	buffer_add_string(&connection->out, "* ");
	add_safely(&connection->out, text);
	buffer_add_char(&connection->out, '\n');
}

static void text_write_notice(struct connection *connection, enum text key, const struct text_args *args)
{
	struct buffer text = BUFFER_EMPTY;
	lang_write(&text, (enum lang)connection->lang, key, args);
	emit_line(connection, buffer_string(&text));
	buffer_release(&text);
}

static void text_write_fault(struct connection *connection, enum error_code code, const char *id,
			     enum text key, const struct text_args *args)
{
	(void)id;
	struct buffer text = BUFFER_EMPTY;
	wording_error(&text, (enum lang)connection->lang, code, key, args);
	emit_line(connection, buffer_string(&text));
	buffer_release(&text);
}

static void text_write_entered(struct connection *connection, const struct reply_entered *entered)
{
	struct text_args args = {.name = entered->name, .text = entered->asked};
	bool is_suffixed = strcmp(entered->name, entered->asked) != 0;
	text_write_notice(connection, is_suffixed ? TEXT_notice_name_suffixed : TEXT_notice_welcome, &args);
}

static void text_write_reply(struct connection *connection, const struct reply *reply)
{
	switch (reply->kind) {
	case REPLY_ENTERED:
		text_write_entered(connection, &reply->entered);
		return;
	case REPLY_ERROR:
		/* The line was not a name: the next one is tried as one. */
		if (!connection->has_entered)
			connection->has_asked_name = false;
		break;
	case REPLY_EVENT:
		text_encode(&reply->event, (enum lang)connection->lang, &connection->out);
		return;
	case REPLY_OK:
		if (!reply->is_command)
			return;
		break;
	default:
		break;
	}
	wording_reply((enum lang)connection->lang, reply, emit_line, connection);
}

/* The first line that is one is the name. */
static void text_take_name(struct connection *connection, const char *line, size_t bytes)
{
	const char *refusal = sniff_refusal(line, bytes);
	if (refusal) {
		buffer_add_string(&connection->out, refusal);
		connection_end(connection, TEXT_NONE);
	} else if (sniff_space(line, bytes) == bytes) {
		text_write_notice(connection, TEXT_notice_ask_name, &(struct text_args){0});
	} else if (bytes >= 5 && !memcmp(line, "/quit", 5)) {
		connection_end(connection, TEXT_answer_bye);
	} else {
		struct request *request = request_new(REQUEST_SIMPLE, bytes);
		request_set_text(request, REQUEST_TEXT_NAME, line, bytes);
		connection->has_asked_name = true;
		connection_ask(connection, request);
	}
}

static void text_take_line(struct connection *connection, const char *bytes, size_t length)
{
	char *line = mem_alloc(length + 1);
	size_t line_bytes = telnet_line(bytes, length, line);
	if (!utf8_valid(line, line_bytes) || memchr(line, '\0', line_bytes))
		connection_fault(connection, ERROR_BAD_FIELD, NULL, TEXT_error_not_utf8, NULL);
	else if (!connection->has_asked_name)
		text_take_name(connection, line, line_bytes);
	else if (line_bytes)
		connection_ask_line(connection, line, line_bytes, false);
	free(line);
}

/* Kept for each connection. */
struct text_state {
	uint32_t scanned; /* of what text_take() gets */
	bool is_skipping; /* what comes until the end of an oversized line */
};

_Static_assert(sizeof(struct text_state) <= DIALECT_STATE_BYTES, "it lies in the connection");

static struct text_state *text_state_of(struct connection *connection)
{
	return (struct text_state *)(void *)connection->dialect_state;
}

static size_t text_take(struct connection *connection, const char *bytes, size_t length)
{
	struct text_state *state = text_state_of(connection);
	size_t used = 0;
	while (used < length && connection_can_take(connection)) {
		size_t scanned = state->scanned;
		size_t end = telnet_find_end(bytes + used, length - used, &scanned, &connection->out);
		state->scanned = (uint32_t)scanned;
		if (scanned > LIMIT_LINE_BYTES && !state->is_skipping) {
			struct text_args args = {.text = "line", .number = LIMIT_LINE_BYTES};
			state->is_skipping = true;
			connection_fault(connection, ERROR_TOO_LARGE, NULL, TEXT_NONE, &args);
		}
		if (end && !state->is_skipping)
			text_take_line(connection, bytes + used, end);
		if (end || state->is_skipping) {
			used += end ? end : scanned;
			state->scanned = 0;
		}
		if (!end)
			break;
		state->is_skipping = false;
	}
	return used;
}

/* The last line may come without its newline. */
static void text_take_rest(struct connection *connection, const char *bytes, size_t length)
{
	if (!text_state_of(connection)->is_skipping && length <= LIMIT_LINE_BYTES)
		text_take_line(connection, bytes, length);
}

const struct dialect dialect_text = {
    .id = DIALECT_TEXT,
    .name = "text",
    .take = text_take,
    .take_rest = text_take_rest,
    .write_reply = text_write_reply,
    .write_fault = text_write_fault,
    .write_notice = text_write_notice,
    .encode = text_encode,
};
