/* Output for a client of IRC: numerics, lines of the server, lines of its own, refusals. */
#include "base/clock.h"
#include "base/operation.h"
#include "base/text/utf8.h"
#include "gateway/irc/irc.h"
#include "gateway/wording.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *irc_nick(const struct connection *connection)
{
	const struct irc *irc = irc_of(connection);
	const char *greeted = irc->greeting ? irc->greeting->nick : NULL;
	return *irc->nick ? irc->nick : greeted ? greeted : "*";
}

void irc_set_nick(struct connection *connection, const char *nick)
{
	struct irc *irc = irc_of(connection), *moved = mem_alloc(sizeof *moved + strlen(nick) + 1);
	*moved = *irc;
	strcpy(moved->nick, nick);
	irc_state_of(connection)->irc = moved;
	free(irc);
}

static void catch_up(struct connection *connection)
{
	for (struct subscription *one = connection->subscriptions; one; one = one->next)
		irc_take_log(connection, one, UINT64_MAX);
}

void irc_begin(struct connection *connection)
{
	irc_of(connection)->is_current = false;
}

struct buffer *irc_out(struct connection *connection)
{
	struct irc *irc = irc_of(connection);
	if (irc_label(irc) && !irc->is_unasked)
		return &irc->turn->held;
	if (!irc->is_current)
		catch_up(connection);
	irc->is_current = true;
	return irc_raw(connection);
}

static void add_formatted(struct buffer *to, const char *format, va_list arguments)
{
	char text[4096];
	int bytes = vsnprintf(text, sizeof text, format, arguments);
	size_t length = bytes < 0 ? 0 : (size_t)bytes < sizeof text ? (size_t)bytes : sizeof text - 1;
	/* The most that a line may have is less than what a name and a text may. */
	buffer_add(to, text, utf8_prefix(text, length, length));
}

void irc_numeric(struct connection *connection, const char *numeric, const char *format, ...)
{
	struct buffer *out = irc_out(connection);
	va_list arguments;
	size_t start = buffer_length(out);
	va_start(arguments, format);
	buffer_printf(out, ":%s %s %s ", irc_server_name(), numeric, irc_nick(connection));
	add_formatted(out, format, arguments);
	irc_end_line(out, start);
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
	irc_end_line(out, start);
	va_end(arguments);
}

void irc_say_text(struct connection *connection, const char *text)
{
	const char *nick = irc_nick(connection);
	size_t left = strlen(text),
	       most = IRC_LINE_MAX - strlen(": NOTICE  :") - strlen(irc_server_name()) - strlen(nick);
	while (left) {
		size_t skip;
		bool is_broken;
		size_t bytes = irc_piece(text, left, most, &skip, &is_broken);
		if (bytes)
			irc_say(connection, "NOTICE %s :%.*s", nick, (int)bytes, text);
		text += bytes + skip;
		left -= bytes + skip;
	}
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

void irc_add_more_tags(struct connection *connection, struct buffer *to, int64_t time_ms, const char *account)
{
	if (irc_can(connection, IRC_CAP_TIME)) {
		buffer_add_char(to, ';');
		irc_add_time(to, time_ms);
	}
	if (account && irc_can(connection, IRC_CAP_ACCOUNT_TAG))
		buffer_printf(to, ";account=%s", account);
}

void irc_write_user_change(struct connection *connection, const char *account, const char *before,
			   const char *now, const char *ip)
{
	if (!irc_can(connection, IRC_CAP_CHGHOST) || !strcmp(before, now))
		return;
	struct buffer *out = irc_out(connection);
	irc_add_event_tags(connection, out, clock_wall_ms(), account);
	buffer_printf(out, ":%s!", now);
	irc_add_user(out, before);
	buffer_add_char(out, '@');
	irc_add_host(out, ip);
	buffer_add_string(out, " CHGHOST ");
	irc_add_user(out, now);
	buffer_add_char(out, ' ');
	irc_add_host(out, ip);
	buffer_add_string(out, "\r\n");
}

void irc_say_own_tags(struct connection *connection, const char *tags, const char *target)
{
	struct buffer *out = irc_out(connection);
	buffer_printf(out, "@%s", tags);
	irc_add_more_tags(connection, out, clock_wall_ms(), irc_account(irc_of(connection)));
	buffer_add_string(out, " :");
	irc_add_own_prefix(connection, out);
	buffer_printf(out, " TAGMSG %s\r\n", target);
}

void irc_say_own(struct connection *connection, const char *format, ...)
{
	struct buffer *out = irc_out(connection);
	va_list arguments;
	va_start(arguments, format);
	irc_add_event_tags(connection, out, clock_wall_ms(), irc_account(irc_of(connection)));
	size_t start = buffer_length(out);
	buffer_add_char(out, ':');
	irc_add_own_prefix(connection, out);
	buffer_add_char(out, ' ');
	add_formatted(out, format, arguments);
	irc_end_line(out, start);
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
