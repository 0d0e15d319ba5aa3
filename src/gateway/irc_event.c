/* Events of others in the rooms of this connection, as lines of its own kind. */
#include "base/clock.h"
#include "base/memory.h"
#include "chat/chat.h"
#include "gateway/irc.h"
#include "gateway/wording.h"

#include <stdlib.h>
#include <string.h>

/* Begins a line that `name` is the source of. */
static struct buffer *begin(struct connection *connection, const struct entry *event, const char *name,
			    const char *ip)
{
	struct buffer *out = irc_out(connection);
	irc_add_event_tags(connection, out, clock_wall_ms(), event->flags & ENTRY_GUEST ? NULL : name);
	buffer_add_char(out, ':');
	if (ip)
		irc_add_prefix(out, name, ip);
	else
		buffer_add_string(out, irc_server_name());
	buffer_add_char(out, ' ');
	return out;
}

static void end(struct buffer *out, const char *text)
{
	if (text) {
		buffer_add_string(out, " :");
		irc_add_text(out, text);
	}
	buffer_add_string(out, "\r\n");
}

static void write_away(struct connection *connection, const struct entry *event, const char *text)
{
	if (!irc_can(connection, IRC_CAP_AWAY_NOTIFY))
		return;
	struct buffer *out = begin(connection, event, event->name, event->ip ? event->ip : IRC_NO_HOST);
	buffer_add_string(out, "AWAY");
	end(out, text);
}

static void write_enter(struct connection *connection, const struct entry *event)
{
	bool is_guest = event->flags & ENTRY_GUEST;
	/* An account that is a member all the time only comes back. */
	if (!is_guest && !(event->flags & ENTRY_MEMBERSHIP)) {
		write_away(connection, event, event->args.by);
		return;
	}
	struct buffer *out = begin(connection, event, event->name, event->ip ? event->ip : IRC_NO_HOST);
	buffer_printf(out, "JOIN %s", event->args.room);
	if (irc_can(connection, IRC_CAP_EXTENDED_JOIN))
		buffer_printf(out, " %s", is_guest ? "*" : event->name);
	end(out, irc_can(connection, IRC_CAP_EXTENDED_JOIN) ? event->text : NULL);
	if (event->args.by)
		write_away(connection, event, event->args.by);
}

static void write_exit(struct connection *connection, const struct entry *event)
{
	bool is_guest = event->flags & ENTRY_GUEST;
	const char *ip = event->ip ? event->ip : IRC_NO_HOST;
	struct buffer *out;
	if (event->flags & ENTRY_MEMBERSHIP) {
		out = begin(connection, event, event->name, ip);
		buffer_printf(out, "PART %s", event->args.room);
		end(out, event->args.text);
	} else if (is_guest) {
		out = begin(connection, event, event->name, ip);
		buffer_add_string(out, "QUIT");
		end(out, event->args.text ? event->args.text : "");
	} else {
		write_away(connection, event, lang_text((enum lang)connection->lang, TEXT_irc_not_here));
	}
}

static void write_nick(struct connection *connection, const struct entry *event)
{
	struct irc *irc = irc_of(connection);
	struct buffer *out = begin(connection, event, event->name, event->ip ? event->ip : IRC_NO_HOST);
	buffer_add_string(out, "NICK");
	end(out, event->args.name);
	/* Oneself, by another of one's connections. */
	if (strcmp(irc->nick, event->name) != 0)
		return;
	free(irc->nick);
	irc->nick = mem_string(event->args.name);
	if (irc->account) {
		free(irc->account);
		irc->account = mem_string(event->args.name);
	}
}

static void write_kick(struct connection *connection, const struct entry *event, const char *reason)
{
	struct irc *irc = irc_of(connection);
	struct buffer *out = begin(connection, event, event->args.by, event->ip);
	buffer_printf(out, "KICK %s %s", event->args.room, event->name);
	end(out, reason ? reason : event->args.by);
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
	struct buffer *out = begin(connection, event, event->args.by, event->ip);
	buffer_printf(out, "MODE %s %cb %s%s%s%s\r\n", event->args.room, is_on ? '+' : '-',
		      is_mute ? "m:" : "", is_network ? "*!*@" : "", event->name, is_network ? "" : "!*@*");
	/* A ban puts out whom it meets. */
	if (event->kind == ENTRY_BAN && (event->role_before || is_own))
		write_kick(connection, event, event->args.text);
}

static char letter_of(unsigned role)
{
	return role == ROLE_OWNER ? 'q' : role == ROLE_MODERATOR ? 'o' : role == ROLE_SPEAKER ? 'v' : '\0';
}

static void write_role(struct connection *connection, const struct entry *event)
{
	static const char *const names[] = {"", "member", "speaker", "moderator", "owner"};
	unsigned role = ROLE_NONE;
	while (role < ROLE_OWNER && strcmp(names[role], event->args.text) != 0)
		role++;
	char before = letter_of(event->role_before), now = letter_of(role);
	if (before == now)
		return;
	struct buffer *out = begin(connection, event, event->args.by, event->ip);
	buffer_printf(out, "MODE %s ", event->args.room);
	if (before)
		buffer_printf(out, "-%c", before);
	if (now)
		buffer_printf(out, "+%c", now);
	for (int i = 0; i < (before != 0) + (now != 0); i++)
		buffer_printf(out, " %s", event->name);
	end(out, NULL);
}

static void write_set(struct connection *connection, const struct entry *event)
{
	static const struct {
		unsigned rule;
		const char *letters;
	} rules[] = {{ROOM_RULE_PRIVATE, "is"}, {ROOM_RULE_READ_ONLY, "m"}, {ROOM_RULE_TOPIC_LOCKED, "t"}};
	if (!event->rules_told)
		return;
	struct buffer *out = begin(connection, event, event->args.by, event->ip);
	buffer_printf(out, "MODE %s ", event->args.room);
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		if (event->rules_told & rules[i].rule)
			buffer_printf(out, "%c%s", event->room_rules & rules[i].rule ? '+' : '-',
				      rules[i].letters);
	end(out, NULL);
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
		struct buffer *out =
		    begin(connection, event, event->args.by, event->ip ? event->ip : IRC_NO_HOST);
		buffer_printf(out, "INVITE %s %s\r\n", irc_nick(connection), event->args.room);
		return;
	}
	wording_entry(&words, (enum lang)connection->lang, event);
	irc_say(connection, "NOTICE %s :%s", irc_nick(connection), buffer_string(&words));
	buffer_release(&words);
}

static void write_realname(struct connection *connection, const struct entry *event)
{
	if (!irc_can(connection, IRC_CAP_SETNAME))
		return;
	struct buffer *out = begin(connection, event, event->name, event->ip ? event->ip : IRC_NO_HOST);
	buffer_add_string(out, "SETNAME");
	end(out, event->text);
}

/* The connection's own events are its answers already, and an event of several rooms is told once. */
static bool is_event_told(const struct connection *connection, const struct entry *event)
{
	const struct irc *irc = irc_of(connection);
	bool is_own = event->author && event->author == connection->author;
	return irc->is_registered && (!is_own || event->kind == ENTRY_REALNAME) &&
	       buffer_length(&connection->out) <= LIMIT_REPLY_BYTES &&
	       (!event->wide || event->wide != irc->wide);
}

void irc_write_event(struct connection *connection, const struct entry *event)
{
	if (!is_event_told(connection, event))
		return;
	if (event->wide)
		irc_of(connection)->wide = event->wide;
	switch (event->kind) {
	case ENTRY_ENTER:
		write_enter(connection, event);
		break;
	case ENTRY_EXIT:
		write_exit(connection, event);
		break;
	case ENTRY_NICK:
		write_nick(connection, event);
		break;
	case ENTRY_AWAY:
		write_away(connection, event, event->args.text);
		break;
	case ENTRY_KICK:
		write_kick(connection, event, event->args.text);
		break;
	case ENTRY_BAN:
	case ENTRY_UNBAN:
	case ENTRY_MUTE:
	case ENTRY_UNMUTE:
		write_sanction(connection, event);
		break;
	case ENTRY_ROLE:
		write_role(connection, event);
		break;
	case ENTRY_SET:
		write_set(connection, event);
		break;
	case ENTRY_TYPING:
		write_typing(connection, event);
		break;
	case ENTRY_NOTICE:
		write_text(connection, event);
		break;
	case ENTRY_REALNAME:
		write_realname(connection, event);
		break;
	default:
		break;
	}
	gateway_make_ready(connection->gateway, connection);
}

/* Another connection of the same account has come into a room or has left one: so has this. */
void irc_write_membership(struct connection *connection, const struct reply *reply)
{
	struct irc *irc = irc_of(connection);
	const char *room = reply->membership.room.name;
	bool was_told = irc->was_put_out;
	irc->was_put_out = false;
	if (!irc->is_registered)
		return;
	if (reply->membership.is_begin)
		irc_enqueue(connection, *room == '@' ? "\001FOLLOW %s" : "JOIN %s", room);
	else if (!was_told && *room == '#')
		irc_say_own(connection, "PART %s", room);
	irc_go_on(connection);
}
