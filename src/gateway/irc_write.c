/* Output for a client of IRC: numerics, lines of the server, lines of its own, refusals. */
#include "base/clock.h"
#include "base/operation.h"
#include "base/utf8.h"
#include "gateway/irc.h"
#include "gateway/output.h"
#include "gateway/wording.h"

#include <stdio.h>
#include <string.h>

const char *irc_nick(const struct connection *connection)
{
	const struct irc *irc = irc_of(connection);
	const char *greeted = irc->greeting ? irc->greeting->nick : NULL;
	return irc->nick ? irc->nick : greeted ? greeted : "*";
}

static void catch_up(struct connection *connection)
{
	for (struct subscription *one = connection->subscriptions; one; one = one->next)
		output_take_log(connection, one, UINT64_MAX);
}

struct buffer *irc_out(struct connection *connection)
{
	struct irc *irc = irc_of(connection);
	if (irc->label)
		return &irc->held;
	catch_up(connection);
	return &connection->out;
}

static void add_formatted(struct buffer *to, const char *format, va_list arguments)
{
	char text[4096];
	int bytes = vsnprintf(text, sizeof text, format, arguments);
	size_t length = bytes < 0 ? 0 : (size_t)bytes < sizeof text ? (size_t)bytes : sizeof text - 1;
	/* The most that a line may have is less than what a name and a text may. */
	buffer_add(to, text, utf8_prefix(text, length, length));
	buffer_add_string(to, "\r\n");
}

/* Takes off what a line has too much, without cutting a code point. */
static void end_line(struct buffer *to, size_t start)
{
	char *line = buffer_bytes(to) + start;
	size_t bytes = buffer_length(to) - start - 2;
	if (bytes <= IRC_LINE_MAX)
		return;
	size_t kept = utf8_prefix(line, bytes, IRC_LINE_MAX);
	to->end -= (uint32_t)(bytes + 2 - kept);
	buffer_add_string(to, "\r\n");
}

void irc_numeric(struct connection *connection, const char *numeric, const char *format, ...)
{
	struct buffer *out = irc_out(connection);
	va_list arguments;
	size_t start = buffer_length(out);
	va_start(arguments, format);
	buffer_printf(out, ":%s %s %s ", irc_server_name(), numeric, irc_nick(connection));
	add_formatted(out, format, arguments);
	end_line(out, start);
	va_end(arguments);
}

void irc_say(struct connection *connection, const char *format, ...)
{
	struct buffer *out = irc_out(connection);
	va_list arguments;
	size_t start = buffer_length(out);
	va_start(arguments, format);
	buffer_printf(out, ":%s ", irc_server_name());
	add_formatted(out, format, arguments);
	end_line(out, start);
	va_end(arguments);
}

void irc_add_own_prefix(struct connection *connection, struct buffer *to)
{
	irc_add_prefix(to, irc_nick(connection), peer_shown_address(connection->peer));
}

void irc_add_event_tags(struct connection *connection, struct buffer *to, int64_t time_ms,
			const char *account)
{
	bool has_time = irc_can(connection, IRC_CAP_TIME);
	bool has_account = account && irc_can(connection, IRC_CAP_ACCOUNT_TAG);
	if (!has_time && !has_account)
		return;
	buffer_add_char(to, '@');
	if (has_time)
		irc_add_time(to, time_ms);
	if (has_account)
		buffer_printf(to, "%saccount=%s", has_time ? ";" : "", account);
	buffer_add_char(to, ' ');
}

void irc_say_own(struct connection *connection, const char *format, ...)
{
	struct buffer *out = irc_out(connection);
	va_list arguments;
	va_start(arguments, format);
	irc_add_event_tags(connection, out, clock_wall_ms(), irc_of(connection)->account);
	size_t start = buffer_length(out);
	buffer_add_char(out, ':');
	irc_add_own_prefix(connection, out);
	buffer_add_char(out, ' ');
	add_formatted(out, format, arguments);
	end_line(out, start);
	va_end(arguments);
}

void irc_standard(struct connection *connection, const char *type, const char *command, const char *code,
		  const char *context, const char *text)
{
	if (irc_can(connection, IRC_CAP_STANDARD_REPLIES) || strcmp(type, "FAIL") == 0)
		irc_say(connection, "%s %s %s%s%s :%s", type, command, code, *context ? " " : "", context,
			text);
	else
		irc_say(connection, "NOTICE %s :%s", irc_nick(connection), text);
}

/* --- refusals --- */

const char *irc_error_text(struct connection *connection, const struct reply *reply, struct buffer *text)
{
	wording_error(text, (enum lang)connection->lang, reply->note.error, reply->note.key,
		      &reply->note.args);
	return buffer_string(text);
}

static const char *numeric_of(enum error_code code)
{
	switch (code) {
	case ERROR_NO_ROOM:
		return "403";
	case ERROR_NO_USER:
		return "401";
	case ERROR_BAD_NAME:
		return "401";
	case ERROR_NOT_MEMBER:
		return "442";
	case ERROR_FORBIDDEN:
		return "482";
	case ERROR_MUTED:
	case ERROR_BANNED:
		return "404";
	default:
		return NULL;
	}
}

void irc_refuse(struct connection *connection, const struct reply *reply, const char *target)
{
	struct buffer text = BUFFER_EMPTY;
	const char *numeric = numeric_of(reply->note.error), *name = operation_of(reply->op)->name;
	irc_error_text(connection, reply, &text);
	if (numeric)
		irc_numeric(connection, numeric, "%s :%s", target, buffer_string(&text));
	else
		irc_standard(connection, "FAIL", name ? name : "*", error_wire_name(reply->note.error),
			     target, buffer_string(&text));
	buffer_release(&text);
}
