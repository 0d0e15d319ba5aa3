#include "gateway/irc/irc.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/operation.h"
#include "base/text/utf8.h"
#include "gateway/output.h"
#include "gateway/wording.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Lines of the server's own that wait behind the one that is handled; further ones are dropped. */
#define LINES_BYTES_MAX 131072

/* --- commands --- */

static const struct irc_command commands[] = {
    {"CAP", irc_run_cap, 1, true},
    {"ISUPPORT", irc_run_isupport, 0, true},
    {"NICK", irc_run_nick, 0, true},
    {"USER", irc_run_user, 4, true},
    {"PASS", irc_run_pass, 1, true},
    {"AUTHENTICATE", irc_run_authenticate, 1, true},
    {"PING", irc_run_ping, 0, true},
    {"PONG", irc_run_pong, 0, true},
    {"QUIT", irc_run_quit, 0, true},
    {"ERROR", irc_run_nothing, 0, true},
    {"JOIN", irc_run_join, 1, false},
    {"\001FOLLOW", irc_run_follow, 1, false},
    {"\001REPLAY", irc_run_replay, 3, false},
    {"PART", irc_run_part, 1, false},
    {"TOPIC", irc_run_topic, 1, false},
    {"NAMES", irc_run_names, 0, false},
    {"LIST", irc_run_list, 0, false},
    {"KICK", irc_run_kick, 2, false},
    {"INVITE", irc_run_invite, 0, false},
    {"MODE", irc_run_mode, 1, false},
    {"PRIVMSG", irc_run_privmsg, 0, false},
    {"NOTICE", irc_run_notice, 0, false},
    {"TAGMSG", irc_run_tagmsg, 1, false},
    {"REDACT", irc_run_redact, 2, false},
    {"BATCH", irc_run_batch, 1, false},
    {"WHO", irc_run_who, 0, false},
    {"WHOIS", irc_run_whois, 0, false},
    {"WHOWAS", irc_run_whowas, 0, false},
    {"AWAY", irc_run_away, 0, true},
    {"USERHOST", irc_run_userhost, 1, false},
    {"ISON", irc_run_ison, 1, false},
    {"SETNAME", irc_run_setname, 1, false},
    {"CHATHISTORY", irc_run_chathistory, 0, false},
    {"SEARCH", irc_run_search, 1, false},
    {"MARKREAD", irc_run_markread, 0, false},
    {"MONITOR", irc_run_monitor, 1, false},
    {"METADATA", irc_run_metadata, 2, true},
    {"REGISTER", irc_run_register, 3, true},
    {"MOTD", irc_run_motd, 0, false},
    {"LUSERS", irc_run_lusers, 0, false},
    {"VERSION", irc_run_version, 0, false},
    {"TIME", irc_run_time, 0, false},
    {"INFO", irc_run_info, 0, false},
    {"ADMIN", irc_run_admin, 0, false},
    {"LINKS", irc_run_links, 0, false},
    {"HELP", irc_run_help, 0, false},
    {"HELPOP", irc_run_help, 0, false},
    {"OPER", irc_run_oper, 2, false},
    {"STATS", irc_run_stats, 0, false},
    {"KILL", irc_run_kill, 1, false},
    {"WALLOPS", irc_run_wallops, 1, false},
    {"REHASH", irc_run_refused, 0, false},
    {"DIE", irc_run_refused, 0, false},
    {"RESTART", irc_run_refused, 0, false},
    {"SQUIT", irc_run_refused, 1, false},
    {"CONNECT", irc_run_refused, 1, false},
};

const struct irc_command *irc_find_command(const char *name)
{
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (irc_is_same(commands[i].name, name))
			return &commands[i];
	return NULL;
}

/* --- what is under way --- */

struct irc_turn *irc_begin_turn(struct connection *connection)
{
	struct irc *irc = irc_of(connection);
	if (irc->turn)
		return irc->turn;
	irc->turn = mem_zero(sizeof *irc->turn);
	irc->turn->asked_last = &irc->turn->asked;
	return irc->turn;
}

/* It may be a password. */
static void free_asked(struct irc_asked *asked)
{
	mem_wipe(asked->target, asked->bytes);
	free(asked);
}

static void free_turn(struct irc *irc)
{
	struct irc_turn *turn = irc->turn;
	if (!turn)
		return;
	for (struct irc_asked *asked = turn->asked, *next; asked; asked = next) {
		next = asked->next;
		free_asked(asked);
	}
	buffer_release(&turn->lines);
	buffer_release(&turn->unasked);
	buffer_release(&turn->held);
	free(turn->label);
	free(turn);
	irc->turn = NULL;
}

void irc_end_turn(struct connection *connection)
{
	struct irc *irc = irc_of(connection);
	const struct irc_turn *turn = irc->turn;
	bool is_idle = turn && !turn->asked && !turn->label && !buffer_length(&turn->lines) &&
		       !buffer_length(&turn->unasked) && !buffer_length(&turn->held);
	if (is_idle)
		free_turn(irc);
}

/* --- lines of the server's own --- */

static void enqueue(struct buffer *lines, const char *format, va_list arguments)
{
	char line[LIMIT_MESSAGE_BYTES + IRC_CLIENT_TAGS_BYTES];
	int bytes = vsnprintf(line, sizeof line, format, arguments);
	if (bytes > 0 && (size_t)bytes < sizeof line && buffer_length(lines) < LINES_BYTES_MAX)
		buffer_add(lines, line, (size_t)bytes + 1);
}

void irc_enqueue(struct connection *connection, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	enqueue(&irc_begin_turn(connection)->lines, format, arguments);
	va_end(arguments);
}

void irc_enqueue_unasked(struct connection *connection, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	enqueue(&irc_begin_turn(connection)->unasked, format, arguments);
	va_end(arguments);
}

bool irc_split(struct connection *connection, const char *command, const char *before, const char *targets,
	       const char *behind)
{
	if (!strchr(targets, ','))
		return false;
	while (*targets) {
		size_t bytes = strcspn(targets, ",");
		if (bytes)
			irc_enqueue(connection, "%s %s%.*s%s%s", command, before, (int)bytes, targets,
				    behind ? " :" : "", behind ? behind : "");
		targets += bytes + (targets[bytes] == ',');
	}
	return true;
}

/* --- requests --- */

struct request *irc_request(enum request_op op, enum request_text field, const char *text, size_t more)
{
	size_t bytes = strlen(text);
	struct request *request = request_new(op, bytes + more);
	request_set_text(request, field, text, bytes);
	return request;
}

struct request *irc_look_at(const char *room)
{
	return irc_request(REQUEST_PEOPLE, REQUEST_TEXT_ROOM, room, 0);
}

void irc_ask_about(struct connection *connection, struct request *request, irc_then *then, const char *target,
		   const char *detail)
{
	struct irc_turn *turn = irc_begin_turn(connection);
	size_t bytes = strlen(target) + 1, detail_bytes = strlen(detail) + 1;
	struct irc_asked *asked = mem_alloc(sizeof *asked + bytes + detail_bytes);
	asked->next = NULL;
	asked->then = then;
	asked->bytes = bytes + detail_bytes;
	memcpy(asked->target, target, bytes);
	asked->detail = memcpy(asked->target + bytes, detail, detail_bytes);
	*turn->asked_last = asked;
	turn->asked_last = &asked->next;
	connection_ask(connection, request);
}

void irc_ask(struct connection *connection, struct request *request, irc_then *then, const char *target)
{
	irc_ask_about(connection, request, then, target, "");
}

const char *irc_detail(const struct connection *connection)
{
	return irc_of(connection)->turn->detail;
}

/* --- lines in --- */

static void run_line(struct connection *connection, struct irc_line *line)
{
	struct irc *irc = irc_of(connection);
	const struct irc_command *command = irc_find_command(line->command);
	bool is_own = *line->command == '\001';
	if (is_own && !irc->is_internal)
		command = NULL;
	if (!command && !irc->is_registered)
		irc_numeric(connection, "451", ":You have not registered");
	else if (!command)
		irc_numeric(connection, "421", "%.64s :Unknown command", line->command);
	else if (!command->is_early && !irc->is_registered)
		irc_numeric(connection, "451", ":You have not registered");
	else if (line->count < command->least)
		irc_numeric(connection, "461", "%s :Not enough parameters", command->name);
	else
		command->run(connection, line);
}

/* Rooms that an account is in wait until it has heard who it is. */
static bool has_own_lines(const struct irc *irc)
{
	const struct irc_turn *turn = irc->turn;
	return turn && (buffer_length(&turn->lines) || (irc->is_registered && buffer_length(&turn->unasked)));
}

/* A client that does not read is not written more to. */
static bool may_run(const struct connection *connection)
{
	return !irc_is_asking(irc_of(connection)) && connection->state == CONNECTION_TALKING &&
	       irc_waiting(connection) < LIMIT_REPLY_BYTES;
}

static void run_own_line(struct connection *connection, struct buffer *lines)
{
	struct irc *irc = irc_of(connection);
	char *text = mem_string(buffer_bytes(lines));
	struct irc_line line;
	buffer_take(lines, strlen(text) + 1);
	if (!buffer_length(lines))
		buffer_release(lines);
	irc->is_internal = true;
	if (irc_parse(text, &line))
		run_line(connection, &line);
	irc->is_internal = false;
	free(text);
	irc_thin_out(connection);
}

/* Lines of the server's own, until one has to wait. */
static void run_own_lines(struct connection *connection)
{
	struct irc *irc = irc_of(connection);
	struct irc_turn *turn = irc->turn;
	if (!turn)
		return;
	while (may_run(connection) && buffer_length(&turn->lines))
		run_own_line(connection, &turn->lines);
	if (turn->asked || buffer_length(&turn->lines))
		return;
	irc_settle_label(connection);
	while (may_run(connection) && irc->is_registered && buffer_length(&turn->unasked))
		run_own_line(connection, buffer_length(&turn->lines) ? &turn->lines : &turn->unasked);
}

/* Runs lines of the server's own until one has to wait. Where nothing is waited for, the line is done with and the
 * client's next one may be taken. */
static void irc_go_on(struct connection *connection)
{
	struct irc *irc = irc_of(connection);
	run_own_lines(connection);
	bool waits = irc_is_asking(irc) || has_own_lines(irc);
	if (irc->has_quit)
		return;
	if (irc->is_paused && !waits)
		gateway_make_ready(connection->gateway, connection);
	irc->is_paused = waits && irc->is_paused;
}

/* Lines that waited for the client to read. */
static void irc_resume(struct connection *connection)
{
	if (has_own_lines(irc_of(connection)) && may_run(connection)) {
		irc_begin(connection);
		irc_go_on(connection);
		irc_end_turn(connection);
	}
}

static bool irc_is_busy(const struct connection *connection)
{
	/* Lines that are not framed yet wait, too. */
	return irc_of(connection)->is_paused || irc_waiting(connection) >= LIMIT_REPLY_BYTES;
}

/* Reads the label, and handles the line. */
static void take_text(struct connection *connection, char *text, size_t bytes)
{
	struct irc_line line;
	size_t tags = *text == '@' ? strcspn(text, " ") + 1 : 0;
	if ((bytes > tags && bytes - tags > IRC_LINE_MAX) || tags > IRC_CLIENT_TAGS_BYTES + 1) {
		irc_numeric(connection, "417", ":Input line was too long");
		return;
	}
	if (!irc_parse(text, &line))
		return;
	struct buffer label = BUFFER_EMPTY;
	if (irc_can(connection, IRC_CAP_LABELS) && irc_tag(&line, "label", &label) && buffer_length(&label) &&
	    buffer_length(&label) <= 64)
		irc_begin_turn(connection)->label = mem_string(buffer_string(&label));
	buffer_release(&label);
	run_line(connection, &line);
}

/* Names the command, where that much can be read. */
static void refuse_bytes(struct connection *connection, const char *bytes, size_t length)
{
	const char *space = *bytes == '@' ? memchr(bytes, ' ', length) : bytes - 1;
	char name[32];
	snprintf(name, sizeof name, "%.*s", space ? (int)(bytes + length - space - 1) : 0,
		 space ? space + 1 : "");
	name[strcspn(name, " ")] = '\0';
	const struct irc_command *command = irc_find_command(name);
	irc_standard(connection, "FAIL", command ? command->name : "*", "INVALID_UTF8", "",
		     "What you sent is not UTF-8: nothing was done");
}

void irc_take_line(struct connection *connection, const char *bytes, size_t length)
{
	if (length && bytes[length - 1] == '\r')
		length--;
	if (!length)
		return;
	irc_of(connection)->has_heard = true;
	irc_begin(connection);
	if (!irc_is_clean(bytes, length))
		return;
	if (!utf8_valid(bytes, length)) {
		refuse_bytes(connection, bytes, length);
		return;
	}
	char *text = mem_string_n(bytes, length);
	take_text(connection, text, length);
	mem_wipe(text, length);
	free(text);
	irc_go_on(connection);
	struct irc *irc = irc_of(connection);
	if (irc_label(irc) || has_own_lines(irc))
		irc->is_paused = true;
}

/* Messages need not wait for each other. */
static bool is_message(const char *bytes, size_t length)
{
	static const char privmsg[] = "PRIVMSG ", notice[] = "NOTICE ";
	if (length && *bytes == '@') {
		const char *space = memchr(bytes, ' ', length);
		if (!space || memmem(bytes, (size_t)(space - bytes), "label=", 6))
			return false;
		length -= (size_t)(space + 1 - bytes);
		bytes = space + 1;
	}
	return (length > sizeof privmsg && !strncasecmp(bytes, privmsg, sizeof privmsg - 1)) ||
	       (length > sizeof notice && !strncasecmp(bytes, notice, sizeof notice - 1));
}

static size_t irc_take_plain(struct connection *connection, const char *bytes, size_t length)
{
	struct irc *irc = irc_of(connection);
	size_t used = 0;
	while (used < length && connection_can_take(connection)) {
		const char *end = memchr(bytes + used, '\n', length - used);
		size_t line = end ? (size_t)(end - bytes) - used : length - used;
		if (line > IRC_TAGS_BYTES + IRC_BODY_BYTES && !irc->is_skipping) {
			irc->is_skipping = true;
			irc_numeric(connection, "417", ":Input line was too long");
		}
		if (end && !irc->is_skipping && irc_is_asking(irc) && !is_message(bytes + used, line)) {
			irc->is_paused = true;
			break;
		}
		if (end && !irc->is_skipping) {
			/* The request that it makes may wait; the line must not be taken again. */
			used += line + 1;
			irc_take_line(connection, bytes + used - line - 1, line);
			if (irc_is_asking(irc) && !is_message(bytes + used - line - 1, line))
				irc->is_paused = true;
			continue;
		}
		if (end || irc->is_skipping)
			used += line + (end != NULL);
		if (!end)
			break;
		irc->is_skipping = false;
	}
	return used;
}

static size_t irc_take(struct connection *connection, const char *bytes, size_t length)
{
	size_t used = irc_extra(irc_of(connection))->websocket ? irc_take_websocket(connection, bytes, length)
							       : irc_take_plain(connection, bytes, length);
	irc_end_turn(connection);
	return used;
}

/* --- answers --- */

static void irc_write_fault(struct connection *connection, enum error_code code, const char *id,
			    enum text key, const struct text_args *args)
{
	struct buffer text = BUFFER_EMPTY;
	(void)id;
	wording_error(&text, (enum lang)connection->lang, code, key, args);
	irc_say_text(connection, buffer_string(&text));
	buffer_release(&text);
}

static void irc_write_notice(struct connection *connection, enum text key, const struct text_args *args)
{
	struct buffer text = BUFFER_EMPTY;
	lang_write(&text, (enum lang)connection->lang, key, args);
	irc_say_text(connection, buffer_string(&text));
	buffer_release(&text);
}

static void emit_notice(void *context, const char *text)
{
	irc_say_text(context, text);
}

static void write_answer(struct connection *connection, const struct reply *reply)
{
	struct irc_turn *turn = irc_of(connection)->turn;
	struct irc_asked *asked = turn ? turn->asked : NULL;
	if (!asked)
		return;
	turn->asked = asked->next;
	if (!turn->asked)
		turn->asked_last = &turn->asked;
	turn->detail = asked->detail;
	if (asked->then)
		asked->then(connection, reply, asked->target);
	else if (reply->kind == REPLY_ERROR)
		irc_refuse(connection, reply, asked->target);
	turn->detail = NULL;
	free_asked(asked);
	irc_thin_out(connection);
	irc_go_on(connection);
}

/* An event that the connection did not ask for is not part of the answer under way. */
static void write_unasked(struct connection *connection, const struct reply *reply)
{
	irc_of(connection)->is_unasked = true;
	if (reply->kind == REPLY_EVENT)
		irc_write_event(connection, &reply->event);
	else if (reply->kind == REPLY_MEMBERSHIP)
		irc_write_membership(connection, reply);
	else if (reply->kind == REPLY_NOTICE)
		wording_reply((enum lang)connection->lang, reply, emit_notice, connection);
	irc_of(connection)->is_unasked = false;
	irc_go_on(connection);
}

static void irc_write_reply(struct connection *connection, const struct reply *reply)
{
	irc_begin(connection);
	if (!reply->is_answer)
		write_unasked(connection, reply);
	else if (reply->kind != REPLY_BYE)
		write_answer(connection, reply);
	irc_end_turn(connection);
}

static void irc_pass_event(struct connection *connection, const struct entry *event)
{
	irc_begin(connection);
	irc_of(connection)->is_unasked = true;
	irc_write_event(connection, event);
	irc_of(connection)->is_unasked = false;
	irc_end_turn(connection);
}

static void irc_write_end(struct connection *connection)
{
	irc_of(connection)->is_unasked = true;
	if (irc_of(connection)->is_registered || !irc_waiting(connection))
		buffer_printf(irc_out(connection), "ERROR :Closing link: %s\r\n", irc_nick(connection));
	irc_end_websocket(connection);
}

void irc_end(struct connection *connection, const char *reason)
{
	irc_of(connection)->is_unasked = true;
	buffer_printf(irc_out(connection), "ERROR :%s\r\n", reason);
	connection_end(connection, TEXT_NONE);
}

/* --- going --- */

void irc_run_quit(struct connection *connection, const struct irc_line *line)
{
	const char *reason = line->count ? line->params[0] : "";
	if (!connection->is_known) {
		connection_end(connection, TEXT_NONE);
		return;
	}
	char text[LIMIT_REASON_BYTES + 16];
	snprintf(text, sizeof text, "%s%s", *reason ? "Quit: " : "", *reason ? reason : "Client quit");
	/* A client that says good-bye has read all that came before. */
	if (irc_of(connection)->is_registered && irc_is_replayed(connection) && !irc_waiting(connection)) {
		irc_note_seen(connection);
		irc_confirm_seen(connection);
	}
	/* Nothing behind it is taken. */
	irc_of(connection)->has_quit = irc_of(connection)->is_paused = true;
	connection_ask(connection, irc_request(REQUEST_QUIT, REQUEST_TEXT_REASON, text, 0));
}

/* --- the dialect --- */

static void irc_open(struct connection *connection)
{
	struct irc *irc = mem_zero(sizeof *irc + 1);
	irc->greeting = mem_zero(sizeof *irc->greeting);
	irc_state_of(connection)->irc = irc;
}

static void irc_close(struct connection *connection)
{
	struct irc *irc = irc_of(connection);
	free_turn(irc);
	irc_free_greeting(irc);
	irc_free_batch(irc);
	irc_forget_seen(irc);
	irc_free_websocket(irc);
	irc_free_metadata(irc);
	irc_free_monitored(irc);
	free(irc->extra);
	free(irc);
}

#define DIALECT(name, id_of)                                                                    \
	static void encode_##name(const struct entry *entry, enum lang lang, struct buffer *to) \
	{                                                                                       \
		irc_encode(id_of, entry, lang, to);                                             \
	}

DIALECT(plain, DIALECT_IRC)
DIALECT(account, DIALECT_IRC_ACCOUNT)
DIALECT(time, DIALECT_IRC_TIME)
DIALECT(tags, DIALECT_IRC_TAGS)
DIALECT(redact, DIALECT_IRC_REDACT)
DIALECT(multi, DIALECT_IRC_MULTI)
DIALECT(modern, DIALECT_IRC_MODERN)

#define ROW(name_of, id_of)                                        \
	[(id_of)-DIALECT_IRC] = {.id = (id_of),                    \
				 .name = "irc",                    \
				 .tells_own = true,                \
				 .open = irc_open,                 \
				 .close = irc_close,               \
				 .take = irc_take,                 \
				 .write_reply = irc_write_reply,   \
				 .write_fault = irc_write_fault,   \
				 .write_event = irc_pass_event,    \
				 .write_notice = irc_write_notice, \
				 .write_end = irc_write_end,       \
				 .rest = irc_rest,                 \
				 .is_busy = irc_is_busy,           \
				 .resume = irc_resume,             \
				 .pace = irc_write_websocket,      \
				 .encode = encode_##name_of}

const struct dialect dialects_irc[] = {
    ROW(plain, DIALECT_IRC),         ROW(account, DIALECT_IRC_ACCOUNT), ROW(time, DIALECT_IRC_TIME),
    ROW(tags, DIALECT_IRC_TAGS),     ROW(redact, DIALECT_IRC_REDACT),   ROW(multi, DIALECT_IRC_MULTI),
    ROW(modern, DIALECT_IRC_MODERN),
};
