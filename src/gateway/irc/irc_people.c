/* People: who is there, who somebody is, who is away. */
#include "base/clock.h"
#include "base/memory.h"
#include "base/text/utf8.h"
#include "gateway/irc/irc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A word that begins with a colon would be the last of a line. */
static void add_host(struct buffer *to, const struct reply_row *row)
{
	buffer_add_char(to, ' ');
	irc_add_host(to, row->ip);
}

/* " ~user host": the user as the client says it. */
static void add_looks(struct buffer *to, const struct reply_row *row)
{
	buffer_printf(to, " ~%s", row->user);
	add_host(to, row);
}

/* "NAME ~user host * :real name". */
static void write_looks(struct connection *connection, const char *numeric, const struct reply_row *row)
{
	struct buffer looks = BUFFER_EMPTY;
	add_looks(&looks, row);
	irc_numeric(connection, numeric, "%s%s * :%s", row->name, buffer_string(&looks), row->real_name);
	buffer_release(&looks);
}

/* --- WHO --- */

/* "H@" and the like: here or gone, a server's operator, the role in the room. */
static void add_flags(struct connection *connection, struct buffer *to, const struct reply_row *row)
{
	buffer_add_char(to, row->away || !row->is_online ? 'G' : 'H');
	if (row->is_admin)
		buffer_add_char(to, '*');
	if (row->is_bot)
		buffer_add_char(to, 'B');
	buffer_add_string(to, irc_mark(connection, row->role));
}

static void write_who(struct connection *connection, const struct reply_row *row, const char *room)
{
	struct buffer looks = BUFFER_EMPTY, flags = BUFFER_EMPTY;
	add_looks(&looks, row);
	add_flags(connection, &flags, row);
	irc_numeric(connection, "352", "%s%s %s %s %s :0 %s", room, buffer_string(&looks), irc_server_name(),
		    row->name, buffer_string(&flags), row->real_name);
	buffer_release(&looks);
	buffer_release(&flags);
}

static void add_field(struct connection *connection, struct buffer *to, char field, const char *token,
		      const struct reply_row *row, const char *room)
{
	switch (field) {
	case 't':
		buffer_printf(to, " %s", *token ? token : "0");
		break;
	case 'c':
		buffer_printf(to, " %s", room);
		break;
	case 'u':
		buffer_printf(to, " ~%s", row->user);
		break;
	case 'i':
	case 'h':
		add_host(to, row);
		break;
	case 's':
		buffer_printf(to, " %s", irc_server_name());
		break;
	case 'n':
		buffer_printf(to, " %s", row->name);
		break;
	case 'f':
		buffer_add_char(to, ' ');
		add_flags(connection, to, row);
		break;
	case 'd':
	case 'l':
		buffer_add_string(to, " 0");
		break;
	case 'a':
		buffer_printf(to, " %s", row->is_guest ? "0" : row->name);
		break;
	case 'o':
		buffer_add_string(to, " n/a");
		break;
	case 'r':
		buffer_printf(to, " :%s", row->real_name);
		break;
	default:
		break;
	}
}

/* "%fields,token": WHOX gives them in its own order. */
static void write_whox(struct connection *connection, const struct reply_row *row, const char *room,
		       const char *fields)
{
	static const char order[] = "tcuihsnfdlaor";
	struct buffer line = BUFFER_EMPTY;
	const char *comma = strchr(fields, ',');
	size_t wanted = comma ? (size_t)(comma - fields) : strlen(fields);
	for (const char *field = order; *field; field++)
		if (memchr(fields, *field, wanted))
			add_field(connection, &line, *field, comma ? comma + 1 : "", row, room);
	const char *text = buffer_string(&line);
	irc_numeric(connection, "354", "%s", *text ? text + 1 : text);
	buffer_release(&line);
}

static void then_who(struct connection *connection, const struct reply *reply, const char *mask)
{
	const char *fields = irc_detail(connection);
	bool is_hidden = *mask == '#' && reply->kind == REPLY_LOOK && !reply->look.is_member &&
			 reply->look.room_rules & ROOM_RULE_PRIVATE;
	for (size_t i = 0; reply->kind == REPLY_LOOK && !is_hidden && i < reply->look.people.rows_count;
	     i++) {
		const char *room = reply->room ? reply->room : "*";
		if (strchr(fields, '%'))
			write_whox(connection, &reply->look.people.rows[i], room, strchr(fields, '%') + 1);
		else if (!strchr(fields, 'o') || reply->look.people.rows[i].is_admin)
			write_who(connection, &reply->look.people.rows[i], room);
	}
	irc_numeric(connection, "315", "%.200s :End of WHO list", mask);
}

void irc_run_who(struct connection *connection, const struct irc_line *line)
{
	const char *mask = line->count ? line->params[0] : "*";
	const char *name = *mask && strcmp(mask, "0") != 0 ? mask : "*";
	struct request *request =
	    *mask == '#' ? irc_look_at(mask) : irc_request(REQUEST_LOOK, REQUEST_TEXT_NAME, name, 0);
	irc_ask_about(connection, request, then_who, mask, line->count > 1 ? line->params[1] : "");
}

/* --- WHOIS, WHOWAS --- */

void irc_write_absence(struct connection *connection, const struct reply_row *row)
{
	if (row->away)
		irc_numeric(connection, "301", "%s :%s", row->name, row->away);
	else if (!row->is_online)
		irc_numeric(connection, "301", "%s :%s", row->name,
			    lang_text((enum lang)connection->lang, TEXT_irc_will_get_it));
}

static void write_rooms(struct connection *connection, const struct reply_row *row)
{
	struct buffer rooms = BUFFER_EMPTY;
	for (size_t i = 0; i < row->rooms_count; i++) {
		if (buffer_length(&rooms) + strlen(row->rooms[i]) > IRC_LINE_MAX - 150) {
			irc_numeric(connection, "319", "%s :%s", row->name, buffer_string(&rooms));
			buffer_clear(&rooms);
		}
		/* The mark of an owner as this client knows it. */
		const char *room = row->rooms[i], *mark = *room == '~' ? irc_mark(connection, "owner") : "";
		buffer_printf(&rooms, "%s%s%s", buffer_length(&rooms) ? " " : "", mark,
			      room + (*room == '~'));
	}
	if (buffer_length(&rooms))
		irc_numeric(connection, "319", "%s :%s", row->name, buffer_string(&rooms));
	buffer_release(&rooms);
}

static void then_whois(struct connection *connection, const struct reply *reply, const char *name)
{
	if (reply->kind != REPLY_LOOK) {
		irc_numeric(connection, "401", "%.64s :No such nick", name);
	} else {
		const struct reply_row *row = &reply->look.people.rows[0];
		write_looks(connection, "311", row);
		write_rooms(connection, row);
		irc_numeric(connection, "312", "%s %s :brusio", row->name, irc_server_name());
		if (row->is_admin)
			irc_numeric(connection, "313", "%s :is a server administrator", row->name);
		if (!row->is_guest)
			irc_numeric(connection, "330", "%s %s :is logged in as", row->name, row->name);
		if (row->is_bot)
			irc_numeric(connection, "335", "%s :is a bot", row->name);
		irc_write_absence(connection, row);
		if (row->is_online)
			irc_numeric(connection, "317", "%s 0 %lld :seconds idle, signon time", row->name,
				    (long long)row->since_ms / 1000);
	}
	irc_end_whois(connection, name, reply->kind == REPLY_LOOK);
}

void irc_run_whois(struct connection *connection, const struct irc_line *line)
{
	const char *name = line->count > 1 ? line->params[1] : line->count ? line->params[0] : "";
	if (!*name)
		irc_numeric(connection, "431", ":No nickname given");
	else if (!irc_split(connection, "WHOIS", "", name, NULL))
		irc_ask(connection, irc_request(REQUEST_LOOK, REQUEST_TEXT_NAME, name, 0), then_whois, name);
}

/* The detail says how many are wanted at most; none or 0: all. */
static void then_whowas(struct connection *connection, const struct reply *reply, const char *name)
{
	int most = atoi(irc_detail(connection));
	size_t count = reply->kind == REPLY_LOOK ? reply->look.people.rows_count : 0;
	if (!count)
		irc_numeric(connection, "406", "%.64s :There was no such nickname", name);
	for (size_t i = 0; i < count && (most <= 0 || i < (size_t)most); i++) {
		const struct reply_row *row = &reply->look.people.rows[i];
		char time[CLOCK_TEXT_BYTES];
		clock_format(row->since_ms, time);
		write_looks(connection, "314", row);
		irc_numeric(connection, "312", "%s %s :%s", row->name, irc_server_name(), time);
	}
	irc_numeric(connection, "369", "%.64s :End of WHOWAS", name);
}

void irc_run_whowas(struct connection *connection, const struct irc_line *line)
{
	const char *name = line->count ? line->params[0] : "";
	if (!*name) {
		irc_numeric(connection, "431", ":No nickname given");
		return;
	}
	irc_ask_about(connection, irc_request(REQUEST_WHOWAS, REQUEST_TEXT_NAME, name, 0), then_whowas, name,
		      line->count > 1 ? line->params[1] : "");
}

/* --- AWAY, SETNAME --- */

static void then_away(struct connection *connection, const struct reply *reply, const char *text)
{
	if (reply->kind == REPLY_ERROR)
		irc_refuse(connection, reply, "*");
	else if (*text)
		irc_numeric(connection, "306", ":You have been marked as being away");
	else
		irc_numeric(connection, "305", ":You are no longer marked as being away");
}

void irc_run_away(struct connection *connection, const struct irc_line *line)
{
	const char *text = line->count ? line->params[0] : "";
	if (!irc_of(connection)->is_registered) {
		irc_set_greeted_away(connection, text);
		return;
	}
	irc_ask(connection, irc_request(REQUEST_AWAY, REQUEST_TEXT_MESSAGE, text, 0), then_away, text);
}

static void then_set_name(struct connection *connection, const struct reply *reply, const char *text)
{
	if (reply->kind == REPLY_ERROR)
		irc_refuse(connection, reply, "*");
	else if (irc_can(connection, IRC_CAP_SETNAME))
		irc_say_own(connection, "SETNAME :%s", text);
}

void irc_run_setname(struct connection *connection, const struct irc_line *line)
{
	const char *name = line->params[0];
	if (!*name || strlen(name) > 128)
		irc_standard(connection, "FAIL", "SETNAME", "INVALID_REALNAME", "", "That is no real name");
	else
		irc_ask(connection, irc_request(REQUEST_REALNAME, REQUEST_TEXT_MESSAGE, name, 0),
			then_set_name, name);
}

/* --- USERHOST, ISON: what is found of several names is one line --- */

static irc_then then_ison, then_userhost;

static void look_at_next(struct connection *connection, irc_then *then, const char *found, const char *names)
{
	while (*names == ' ')
		names++;
	size_t bytes = strcspn(names, " ");
	if (!bytes) {
		irc_numeric(connection, then == then_ison ? "303" : "302", ":%s", found);
		return;
	}
	char *name = mem_string_n(names, bytes);
	irc_ask_about(connection, irc_request(REQUEST_LOOK, REQUEST_TEXT_NAME, name, 0), then, found,
		      names + bytes);
	free(name);
}

static void then_ison(struct connection *connection, const struct reply *reply, const char *target)
{
	struct buffer found = BUFFER_EMPTY;
	buffer_add_string(&found, target);
	if (reply->kind == REPLY_LOOK && reply->look.people.rows[0].is_online)
		buffer_printf(&found, "%s%s", *target ? " " : "", reply->look.people.rows[0].name);
	look_at_next(connection, then_ison, buffer_string(&found), irc_detail(connection));
	buffer_release(&found);
}

static void then_userhost(struct connection *connection, const struct reply *reply, const char *target)
{
	struct buffer found = BUFFER_EMPTY;
	buffer_add_string(&found, target);
	if (reply->kind == REPLY_LOOK) {
		const struct reply_row *row = &reply->look.people.rows[0];
		buffer_printf(&found, "%s%s%s=%c", *target ? " " : "", row->name, row->is_admin ? "*" : "",
			      row->away || !row->is_online ? '-' : '+');
		/* Clients make masks of it, which have to be those of prefixes. */
		irc_add_user(&found, row->name);
		buffer_add_char(&found, '@');
		irc_add_host(&found, row->ip);
	}
	look_at_next(connection, then_userhost, buffer_string(&found), irc_detail(connection));
	buffer_release(&found);
}

static void look_at_names(struct connection *connection, const struct irc_line *line, irc_then *then,
			  size_t most)
{
	struct buffer names = BUFFER_EMPTY;
	for (size_t i = 0; i < line->count && i < most; i++)
		buffer_printf(&names, "%s ", line->params[i]);
	look_at_next(connection, then, "", buffer_string(&names));
	buffer_release(&names);
}

void irc_run_userhost(struct connection *connection, const struct irc_line *line)
{
	look_at_names(connection, line, then_userhost, 5);
}

void irc_run_ison(struct connection *connection, const struct irc_line *line)
{
	look_at_names(connection, line, then_ison, IRC_PARAMS_MAX);
}
