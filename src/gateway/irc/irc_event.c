/* Events of others in the rooms of this connection, as lines of its own kind. */
#include "base/clock.h"
#include "base/memory.h"
#include "chat/rooms/permission.h"
#include "gateway/irc/irc.h"
#include "gateway/wording.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* A line on its way out: it begins behind its tags. */
struct event_line {
	struct buffer *out;
	size_t start;
};

/* Begins a line that `name` is the source of. */
static struct event_line begin(struct connection *connection, const struct entry *event, const char *name,
			       const char *ip)
{
	struct buffer *out = irc_out(connection);
	irc_add_event_tags(connection, out, clock_wall_ms(), event->flags & ENTRY_GUEST ? NULL : name);
	struct event_line line = {.out = out, .start = buffer_length(out)};
	buffer_add_char(out, ':');
	if (ip)
		irc_add_prefix(out, name, ip);
	else
		buffer_add_string(out, irc_server_name());
	buffer_add_char(out, ' ');
	return line;
}

/* The same for what the person of the event does themselves. */
static struct event_line begin_own(struct connection *connection, const struct entry *event)
{
	return begin(connection, event, event->name, event->ip ? event->ip : IRC_NO_HOST);
}

static void end(struct event_line line, const char *text)
{
	if (text) {
		buffer_add_string(line.out, " :");
		irc_add_text(line.out, text);
	}
	irc_end_line(line.out, line.start);
}

static void add_away(struct connection *connection, const struct entry *event, const char *text)
{
	if (!irc_can(connection, IRC_CAP_AWAY_NOTIFY))
		return;
	struct event_line line = begin_own(connection, event);
	buffer_add_string(line.out, "AWAY");
	end(line, text);
}

static void write_away(struct connection *connection, const struct entry *event)
{
	add_away(connection, event, event->args.text);
}

static void write_enter(struct connection *connection, const struct entry *event)
{
	bool is_guest = event->flags & ENTRY_GUEST;
	/* An account that is a member all the time only comes back. */
	if (!is_guest && !(event->flags & ENTRY_MEMBERSHIP)) {
		add_away(connection, event, event->args.by);
		return;
	}
	struct event_line line = begin_own(connection, event);
	/* In a storm all that come are told to all who are there: this is written without a format. */
	buffer_add_string(line.out, "JOIN ");
	buffer_add_string(line.out, event->args.room);
	if (irc_can(connection, IRC_CAP_EXTENDED_JOIN)) {
		buffer_add_char(line.out, ' ');
		buffer_add_string(line.out, is_guest ? "*" : event->name);
	}
	end(line, irc_can(connection, IRC_CAP_EXTENDED_JOIN) ? event->text : NULL);
	if (event->args.by)
		add_away(connection, event, event->args.by);
}

static void write_exit(struct connection *connection, const struct entry *event)
{
	bool is_guest = event->flags & ENTRY_GUEST;
	if (event->flags & ENTRY_MEMBERSHIP) {
		struct event_line line = begin_own(connection, event);
		buffer_printf(line.out, "PART %s", event->args.room);
		end(line, event->args.text);
	} else if (is_guest) {
		struct event_line line = begin_own(connection, event);
		buffer_add_string(line.out, "QUIT");
		end(line, event->args.text ? event->args.text : "");
	} else {
		add_away(connection, event, lang_text((enum lang)connection->lang, TEXT_irc_not_here));
	}
}

static void write_nick(struct connection *connection, const struct entry *event)
{
	struct event_line line = begin_own(connection, event);
	buffer_add_string(line.out, "NICK");
	end(line, event->args.name);
	irc_write_user_change(connection, event->flags & ENTRY_GUEST ? NULL : event->args.name, event->name,
			      event->args.name, event->ip);
	/* Oneself, by another of one's connections. */
	if (!strcmp(irc_of(connection)->nick, event->name))
		irc_set_nick(connection, event->args.name);
}

static void write_kick(struct connection *connection, const struct entry *event)
{
	struct irc *irc = irc_of(connection);
	struct event_line line = begin(connection, event, event->args.by, event->ip);
	buffer_printf(line.out, "KICK %s %s", event->args.room, event->name);
	end(line, event->args.text ? event->args.text : event->args.by);
	if (!strcmp(irc->nick, event->name))
		irc->was_put_out = true;
}

/* Networks are masks; people are named. */
static void write_sanction(struct connection *connection, const struct entry *event)
{
	struct irc *irc = irc_of(connection);
	bool is_on = event->kind == ENTRY_BAN || event->kind == ENTRY_MUTE;
	bool is_mute = event->kind == ENTRY_MUTE || event->kind == ENTRY_UNMUTE;
	bool is_network =
	    strpbrk(event->name, "/:") || (strspn(event->name, "0123456789.") == strlen(event->name));
	bool is_own = !strcmp(irc->nick, event->name);
	struct event_line line = begin(connection, event, event->args.by, event->ip);
	buffer_printf(line.out, "MODE %s %cb %s%s%s%s", event->args.room, is_on ? '+' : '-',
		      is_mute ? "m:" : "", is_network ? "*!*@" : "", event->name, is_network ? "" : "!*@*");
	end(line, NULL);
	/* A ban puts out whom it meets. */
	if (event->kind == ENTRY_BAN && (event->role_before || is_own))
		write_kick(connection, event);
}

static char letter_of(unsigned role)
{
	return role == ROLE_OWNER ? 'q' : role == ROLE_MODERATOR ? 'o' : role == ROLE_SPEAKER ? 'v' : '\0';
}

static void write_role(struct connection *connection, const struct entry *event)
{
	char before = letter_of(event->role_before), now = letter_of(role_from_name(event->args.text));
	if (before == now)
		return;
	struct event_line line = begin(connection, event, event->args.by, event->ip);
	buffer_printf(line.out, "MODE %s ", event->args.room);
	if (before)
		buffer_printf(line.out, "-%c", before);
	if (now)
		buffer_printf(line.out, "+%c", now);
	for (int i = 0; i < (before != 0) + (now != 0); i++)
		buffer_printf(line.out, " %s", event->name);
	end(line, NULL);
}

static void write_set(struct connection *connection, const struct entry *event)
{
	static const struct {
		unsigned rule;
		char letter;
	} rules[] = {{ROOM_RULE_PRIVATE, 'i'}, {ROOM_RULE_READ_ONLY, 'm'}, {ROOM_RULE_TOPIC_LOCKED, 't'}};
	char sign = '\0';
	if (!event->rules_told)
		return;
	struct event_line line = begin(connection, event, event->args.by, event->ip);
	buffer_printf(line.out, "MODE %s ", event->args.room);
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		if (event->rules_told & rules[i].rule) {
			char now = event->room_rules & rules[i].rule ? '+' : '-';
			if (now != sign)
				buffer_add_char(line.out, now);
			buffer_add_char(line.out, rules[i].letter);
			sign = now;
		}
	end(line, NULL);
}

static void write_typing(struct connection *connection, const struct entry *event)
{
	const char *target = event->room;
	if (!irc_can(connection, IRC_CAP_TAGS))
		return;
	if (*event->room == '@')
		target = irc_nick(connection);
	struct buffer *out = irc_out(connection);
	buffer_printf(out, "@+typing=%s :", event->flags & ENTRY_ON ? "active" : "done");
	irc_add_prefix(out, event->name, event->ip);
	buffer_printf(out, " TAGMSG %s\r\n", target);
}

static void write_text(struct connection *connection, const struct entry *event)
{
	struct buffer words = BUFFER_EMPTY;
	if (event->code && !strcmp(event->code, "invited")) {
		struct event_line line =
		    begin(connection, event, event->args.by, event->ip ? event->ip : IRC_NO_HOST);
		buffer_printf(line.out, "INVITE %s %s", irc_nick(connection), event->args.room);
		end(line, NULL);
		return;
	}
	if (event->code && !strcmp(event->code, "wallops")) {
		struct event_line line = begin_own(connection, event);
		buffer_add_string(line.out, "WALLOPS");
		end(line, event->args.text);
		return;
	}
	wording_entry(&words, (enum lang)connection->lang, event);
	irc_say_text(connection, buffer_string(&words));
	buffer_release(&words);
}

/* Whom somebody else has asked into a room where this connection's person keeps order. */
static void write_invited(struct connection *connection, const struct entry *event)
{
	if (!irc_can(connection, IRC_CAP_INVITE_NOTIFY))
		return;
	struct event_line line = begin_own(connection, event);
	buffer_printf(line.out, "INVITE %s %s", event->args.name, event->args.room);
	end(line, NULL);
}

static void write_realname(struct connection *connection, const struct entry *event)
{
	if (!irc_can(connection, IRC_CAP_SETNAME))
		return;
	struct event_line line = begin_own(connection, event);
	buffer_add_string(line.out, "SETNAME");
	end(line, event->text);
}

/* A guest has become an account. */
static void write_account_made(struct connection *connection, const struct entry *event)
{
	if (!irc_can(connection, IRC_CAP_ACCOUNT_NOTIFY))
		return;
	struct event_line line = begin_own(connection, event);
	buffer_printf(line.out, "ACCOUNT %s", event->name);
	end(line, NULL);
}

/* Tags alone, which nothing keeps. */
static void write_tagged(struct connection *connection, const struct entry *event)
{
	const char *nick = irc_nick(connection), *target = event->room;
	if (!irc_can(connection, IRC_CAP_TAGS))
		return;
	/* In a direct conversation each side reads the other's name in their own. */
	if (*target == '@')
		target = strcmp(event->name, nick) ? nick : target + 1;
	struct buffer *out = irc_out(connection);
	buffer_printf(out, "@%s", event->text);
	irc_add_more_tags(connection, out, clock_wall_ms(), event->flags & ENTRY_GUEST ? NULL : event->name);
	buffer_add_string(out, " :");
	irc_add_prefix(out, event->name, event->ip);
	buffer_printf(out, " TAGMSG %s\r\n", target);
}

/* Another connection of the same person has read on. */
static void write_read(struct connection *connection, const struct entry *event)
{
	if (irc_can(connection, IRC_CAP_READ_MARKER))
		irc_enqueue_unasked(connection, "MARKREAD %s", event->room + (*event->room == '@'));
}

static void (*const writers[])(struct connection *connection, const struct entry *event) = {
    [ENTRY_ENTER] = write_enter,
    [ENTRY_EXIT] = write_exit,
    [ENTRY_NICK] = write_nick,
    [ENTRY_AWAY] = write_away,
    [ENTRY_KICK] = write_kick,
    [ENTRY_BAN] = write_sanction,
    [ENTRY_UNBAN] = write_sanction,
    [ENTRY_MUTE] = write_sanction,
    [ENTRY_UNMUTE] = write_sanction,
    [ENTRY_ROLE] = write_role,
    [ENTRY_SET] = write_set,
    [ENTRY_TYPING] = write_typing,
    [ENTRY_NOTICE] = write_text,
    [ENTRY_REALNAME] = write_realname,
    [ENTRY_READ] = write_read,
    [ENTRY_ACCOUNT] = write_account_made,
    [ENTRY_INVITED] = write_invited,
    [ENTRY_PROPERTY] = irc_write_property,
    [ENTRY_TAGGED] = write_tagged,
    [ENTRY_ONLINE] = irc_write_presence,
    [ENTRY_OFFLINE] = irc_write_presence,
};

/* Told once, in however many rooms. */
static bool was_told(struct connection *connection, const struct entry *event)
{
	struct irc_state *state = irc_state_of(connection);
	bool is_again = event->wide && event->wide == state->wide;
	if (event->wide)
		state->wide = event->wide;
	return is_again;
}

void irc_write_event(struct connection *connection, const struct entry *event)
{
	struct irc *irc = irc_of(connection);
	bool is_own = event->author && event->author == connection->author;
	/* Not in a room: about somebody who is watched. */
	bool is_beside = (event->kind == ENTRY_AWAY || event->kind == ENTRY_REALNAME) && !event->args.room;
	bool is_known = event->kind < sizeof writers / sizeof *writers && writers[event->kind];
	if (!irc->is_registered || !is_known || is_own || connection->state != CONNECTION_TALKING ||
	    (is_beside && !irc_can(connection, IRC_CAP_EXTENDED_MONITOR)) || was_told(connection, event))
		return;
	/* Events are in no log: a client that does not read them any more would believe what is not so. */
	if (irc_waiting(connection) > LIMIT_EVENTS_BYTES) {
		irc_end(connection, "You do not read: come again, and ask for what you missed");
		return;
	}
	writers[event->kind](connection, event);
	gateway_make_ready(connection->gateway, connection);
}

/* Another connection of the same account has come into a room or has left one: so has this. */
void irc_write_membership(struct connection *connection, const struct reply *reply)
{
	assert(reply->kind == REPLY_MEMBERSHIP);
	struct irc *irc = irc_of(connection);
	const char *room = reply->membership.room.name;
	bool was_put_out = irc->was_put_out;
	irc->was_put_out = false;
	if (!irc->is_registered)
		return;
	if (reply->membership.is_begin)
		irc_enqueue_unasked(connection, *room == '@' ? "\001FOLLOW %s" : "JOIN %s", room);
	else if (!was_put_out && *room == '#')
		irc_say_own(connection, "PART %s", room);
}
