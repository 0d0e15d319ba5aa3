/* Rooms: coming, going, topics, who is there, which there are. */
#include "base/clock.h"
#include "base/mask.h"
#include "base/memory.h"
#include "chat/rooms/permission.h"
#include "gateway/irc/irc.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct subscription *irc_find_room(struct connection *connection, const char *room)
{
	struct subscription *one = connection->subscriptions;
	while (one && !irc_is_same(one->feed->room, room))
		one = one->next;
	return one;
}

const char *irc_mark(const struct connection *connection, const char *role)
{
	/* A client that knows of more marks than one knows of '~', too. */
	bool has_more = irc_can(connection, IRC_CAP_MULTI_PREFIX);
	switch (role ? role_from_name(role) : ROLE_NONE) {
	case ROLE_OWNER:
		return has_more ? "~@" : "@";
	case ROLE_MODERATOR:
		return "@";
	case ROLE_SPEAKER:
		return "+";
	default:
		return "";
	}
}

/* --- names and topics --- */

static void add_name(struct connection *connection, struct buffer *to, const struct reply_row *row)
{
	buffer_add_string(to, irc_mark(connection, row->role));
	if (irc_can(connection, IRC_CAP_USERHOST))
		irc_add_prefix(to, row->name, row->ip);
	else
		buffer_add_string(to, row->name);
}

static void write_names(struct connection *connection, const char *room, const struct reply_look *look)
{
	struct buffer names = BUFFER_EMPTY;
	size_t head = strlen(irc_server_name()) + strlen(irc_nick(connection)) + strlen(room) + 16;
	const char *kind = look->room_rules & ROOM_RULE_PRIVATE ? "@" : "=";
	for (size_t i = 0; i < look->people.rows_count; i++) {
		struct buffer name = BUFFER_EMPTY;
		add_name(connection, &name, &look->people.rows[i]);
		size_t bytes = buffer_length(&name);
		if (buffer_length(&names) && head + buffer_length(&names) + 1 + bytes > IRC_LINE_MAX) {
			irc_numeric(connection, "353", "%s %s :%s", kind, room, buffer_string(&names));
			buffer_clear(&names);
		}
		if (buffer_length(&names))
			buffer_add_char(&names, ' ');
		buffer_add(&names, buffer_string(&name), bytes);
		buffer_release(&name);
	}
	if (buffer_length(&names))
		irc_numeric(connection, "353", "%s %s :%s", kind, room, buffer_string(&names));
	irc_numeric(connection, "366", "%s :End of /NAMES list", room);
	buffer_release(&names);
}

static void write_topic(struct connection *connection, const char *room, const struct reply_look *look,
			bool with_none)
{
	if (!look->topic || !*look->topic) {
		if (with_none)
			irc_numeric(connection, "331", "%s :No topic is set", room);
		return;
	}
	struct buffer topic = BUFFER_EMPTY;
	irc_add_text(&topic, look->topic);
	irc_numeric(connection, "332", "%s :%s", room, buffer_string(&topic));
	buffer_release(&topic);
	if (look->topic_by)
		irc_numeric(connection, "333", "%s %s %lld", room, look->topic_by,
			    (long long)look->topic_ms / 1000);
}

/* --- JOIN --- */

static irc_then then_named;

static void refuse_join(struct connection *connection, const struct reply *reply, const char *room)
{
	assert(reply->kind == REPLY_ERROR);
	struct buffer text = BUFFER_EMPTY;
	const char *why = irc_error_text(connection, reply, &text);
	const char *numeric = reply->note.error == ERROR_BANNED     ? "474"
			      : reply->note.error == ERROR_NO_ROOM  ? "473"
			      : reply->note.error == ERROR_LIMIT    ? "405"
			      : reply->note.error == ERROR_BAD_NAME ? "403"
								    : NULL;
	/* A line that only rejoins says nothing: the room may be gone meanwhile. */
	if (numeric)
		irc_numeric(connection, numeric, "%s :%s", room, why);
	else
		irc_refuse(connection, reply, room);
	buffer_release(&text);
}

/* The detail of a join is what irc_read_on() was told, or nothing. */
static void write_older(struct connection *connection, const char *room)
{
	long long older = atoll(irc_detail(connection));
	struct buffer text = BUFFER_EMPTY;
	if (older) {
		lang_write(&text, (enum lang)connection->lang, TEXT_irc_missed,
			   &(struct text_args){.number = older, .room = room});
		irc_say(connection, "NOTICE %s :%s", room, buffer_string(&text));
	}
	buffer_release(&text);
}

static void write_missed(struct connection *connection)
{
	const char *lines = strchr(irc_detail(connection), '\n');
	if (lines)
		buffer_add_string(irc_out(connection), lines + 1);
}

static void then_joined(struct connection *connection, const struct reply *reply, const char *room)
{
	struct irc *irc = irc_of(connection);
	if (reply->kind != REPLY_JOINED) {
		refuse_join(connection, reply, room);
		return;
	}
	const struct reply_look *look = reply->joined.look;
	if (irc_can(connection, IRC_CAP_EXTENDED_JOIN)) {
		const char *real_name = "";
		const struct reply_list *people = &look->people;
		for (size_t i = 0; i < people->rows_count; i++)
			if (!strcmp(people->rows[i].name, irc->nick))
				real_name = people->rows[i].real_name;
		irc_say_own(connection, "JOIN %s %s :%s", reply->room, irc->is_account ? irc->nick : "*",
			    real_name ? real_name : "");
	} else {
		irc_say_own(connection, "JOIN %s", reply->room);
	}
	write_topic(connection, reply->room, look, false);
	write_older(connection, reply->room);
	irc_sync_metadata(connection, reply->room);
	bool has_names = !irc_can(connection, IRC_CAP_NO_NAMES);
	/* The read marker comes before the end of the names. */
	if (irc_can(connection, IRC_CAP_READ_MARKER)) {
		irc_ask_mark(connection, reply->room, 0);
		if (has_names)
			irc_ask(connection, irc_look_at(reply->room), then_named, reply->room);
	} else if (has_names) {
		write_names(connection, reply->room, look);
	}
	write_missed(connection);
}

static void forget_answer(struct connection *connection, const struct reply *reply, const char *target)
{
	(void)connection;
	(void)reply;
	(void)target;
}

/* Reads on in a room, or begins to, without a word. */
void irc_run_follow(struct connection *connection, const struct irc_line *line)
{
	struct subscription *one = irc_find_room(connection, line->params[0]);
	struct request *request = irc_request(REQUEST_JOIN, REQUEST_TEXT_ROOM, line->params[0], 0);
	/* Its old view is left when the new one has come: nothing is lost between them. */
	if (one) {
		request_set_number(request, REQUEST_NUMBER_AFTER, (int64_t)one->cursor.seq);
		feed_leave(one);
	}
	irc_ask(connection, request, forget_answer, line->params[0]);
}

void irc_read_on(struct connection *connection, const char *room, uint64_t after, const char *missed)
{
	struct request *request = irc_request(REQUEST_JOIN, REQUEST_TEXT_ROOM, room, 0);
	request->wants_members = true;
	request_set_number(request, REQUEST_NUMBER_AFTER, (int64_t)after);
	irc_ask_about(connection, request, then_joined, room, missed);
}

static void join_one(struct connection *connection, const char *room)
{
	if (*room != '#') {
		irc_numeric(connection, "403", "%.200s :No such channel", room);
		return;
	}
	if (irc_find_room(connection, room))
		return;
	if (strlen(room) > LIMIT_NAME_BYTES) {
		irc_numeric(connection, "403", "%.200s :No such channel", room);
		return;
	}
	struct request *request = irc_request(REQUEST_JOIN, REQUEST_TEXT_ROOM, room, 0);
	request->wants_members = true;
	irc_ask(connection, request, then_joined, room);
}

void irc_run_join(struct connection *connection, const struct irc_line *line)
{
	const char *rooms = line->params[0];
	/* irssi asks for nothing before it has said who it is. */
	if (!*rooms) {
		irc_numeric(connection, "461", "JOIN :Not enough parameters");
	} else if (!strcmp(rooms, "0")) {
		for (struct subscription *one = connection->subscriptions; one; one = one->next)
			if (*one->feed->room == '#')
				irc_enqueue(connection, "PART %s", one->feed->room);
	} else if (!irc_split(connection, "JOIN", "", rooms, NULL)) {
		join_one(connection, rooms);
	}
}

/* --- PART --- */

/* The room, if the connection is in it; otherwise it is told so. */
static const char *need_joined(struct connection *connection, const char *room)
{
	struct subscription *one = irc_find_room(connection, room);
	if (one)
		return one->feed->room;
	irc_ask(connection, irc_look_at(room), irc_refuse_outsider, room);
	return NULL;
}

void irc_refuse_outsider(struct connection *connection, const struct reply *reply, const char *room)
{
	if (reply->kind == REPLY_ERROR)
		irc_numeric(connection, "403", "%.200s :No such channel", room);
	else
		irc_numeric(connection, "442", "%s :You're not on that channel", room);
}

static void then_parted(struct connection *connection, const struct reply *reply, const char *room)
{
	const char *reason = irc_detail(connection);
	if (reply->kind == REPLY_ERROR)
		irc_refuse(connection, reply, room);
	else
		irc_say_own(connection, "PART %s%s%s", room, *reason ? " :" : "", reason);
}

void irc_run_part(struct connection *connection, const struct irc_line *line)
{
	const char *reason = line->count > 1 ? line->params[1] : "";
	if (irc_split(connection, "PART", "", line->params[0], line->count > 1 ? reason : NULL))
		return;
	const char *room = need_joined(connection, line->params[0]);
	if (!room)
		return;
	struct request *request = irc_request(REQUEST_LEAVE, REQUEST_TEXT_ROOM, room, LIMIT_REASON_BYTES);
	size_t bytes = strlen(reason);
	request_set_text(request, REQUEST_TEXT_REASON, reason,
			 bytes < LIMIT_REASON_BYTES ? bytes : LIMIT_REASON_BYTES);
	irc_ask_about(connection, request, then_parted, room, reason);
}

/* --- TOPIC --- */

static void then_topic_shown(struct connection *connection, const struct reply *reply, const char *room)
{
	if (reply->kind == REPLY_ERROR)
		irc_numeric(connection, "403", "%.200s :No such channel", room);
	else if (!reply->look.is_member)
		irc_numeric(connection, "442", "%s :You're not on that channel", reply->room);
	else
		write_topic(connection, reply->room, &reply->look, true);
}

/* A client that does not read its own lines in the log is told that it was done. */
static void then_topic_set(struct connection *connection, const struct reply *reply, const char *room)
{
	if (reply->kind == REPLY_ERROR)
		irc_refuse(connection, reply, room);
	else if (!connection->is_echoed)
		irc_say_own(connection, "TOPIC %s :%s", room, irc_detail(connection));
}

void irc_run_topic(struct connection *connection, const struct irc_line *line)
{
	if (line->count == 1) {
		irc_ask(connection, irc_look_at(line->params[0]), then_topic_shown, line->params[0]);
		return;
	}
	const char *room = need_joined(connection, line->params[0]), *topic = line->params[1];
	if (!room)
		return;
	struct request *request = irc_request(REQUEST_TOPIC, REQUEST_TEXT_ROOM, room, strlen(topic));
	request_set_text(request, REQUEST_TEXT_TOPIC, topic, strlen(topic));
	irc_ask_about(connection, request, then_topic_set, room, topic);
}

/* --- NAMES, LIST --- */

static void then_named(struct connection *connection, const struct reply *reply, const char *room)
{
	/* Only members learn who is in a room; others learn that there is nothing for them. */
	if (reply->kind == REPLY_ERROR ||
	    (!reply->look.is_member && reply->look.room_rules & ROOM_RULE_PRIVATE))
		irc_numeric(connection, "366", "%.200s :End of /NAMES list", room);
	else
		write_names(connection, reply->room, &reply->look);
}

void irc_run_names(struct connection *connection, const struct irc_line *line)
{
	const char *rooms = line->count ? line->params[0] : "";
	if (!*rooms)
		irc_numeric(connection, "366", "* :End of /NAMES list");
	else if (!irc_split(connection, "NAMES", "", rooms, NULL))
		irc_ask(connection, irc_look_at(rooms), then_named, rooms);
}

/* "<10" and ">10": less or more than so many minutes ago. */
static bool is_ago(int64_t time_ms, const char *wish)
{
	int64_t minutes = strtoll(wish + 1, NULL, 10), ago_ms = clock_wall_ms() - time_ms;
	if (minutes > INT32_MAX || minutes < 0)
		minutes = minutes < 0 ? 0 : INT32_MAX;
	return time_ms && (*wish == '<' ? ago_ms < minutes * 60000 : ago_ms > minutes * 60000);
}

static bool is_listed_by(const struct reply_row *row, const char *wish)
{
	if ((*wish == 'C' || *wish == 'T') && wish[1] && strchr("<>", wish[1]))
		return is_ago(*wish == 'C' ? row->since_ms : row->topic_ms, wish + 1);
	if (*wish == '>')
		return row->count > atoll(wish + 1);
	if (*wish == '<')
		return row->count < atoll(wish + 1);
	return *wish == '!' ? !mask_matches(wish + 1, row->name) : mask_matches(wish, row->name);
}

/* Names are any of; the other wishes must all hold. */
static bool is_listed(const struct reply_row *row, const char *wishes)
{
	bool has_name = false, is_named = false;
	while (*wishes) {
		size_t bytes = strcspn(wishes, ",");
		char *wish = mem_string_n(wishes, bytes);
		bool is_time = *wish && strchr("CT", *wish) && wish[1] && strchr("<>", wish[1]);
		bool is_name = !is_time && !strchr("<>!", *wish), is_met = !*wish || is_listed_by(row, wish);
		has_name |= is_name;
		is_named |= is_name && is_met;
		free(wish);
		if (!is_name && !is_met)
			return false;
		wishes += bytes + (wishes[bytes] == ',');
	}
	return !has_name || is_named;
}

static void then_listed(struct connection *connection, const struct reply *reply, const char *wishes)
{
	irc_numeric(connection, "321", "Channel :Users  Name");
	for (size_t i = 0; reply->kind == REPLY_ROOMS && i < reply->list.rows_count; i++) {
		const struct reply_row *row = &reply->list.rows[i];
		/* A room that nobody is in is none to them. */
		if (!row->count || !is_listed(row, wishes))
			continue;
		struct buffer topic = BUFFER_EMPTY;
		irc_add_text(&topic, row->topic ? row->topic : "");
		irc_numeric(connection, "322", "%s %lld :%s", row->name, (long long)row->count,
			    buffer_string(&topic));
		buffer_release(&topic);
	}
	irc_numeric(connection, "323", ":End of /LIST");
}

void irc_run_list(struct connection *connection, const struct irc_line *line)
{
	irc_ask(connection, request_new(REQUEST_ROOMS, 0), then_listed, line->count ? line->params[0] : "");
}

/* --- KICK, INVITE --- */

static void then_kicked(struct connection *connection, const struct reply *reply, const char *room)
{
	bool is_absent = reply->kind == REPLY_ERROR && reply->note.error == ERROR_BAD_NAME;
	if (is_absent)
		irc_numeric(connection, "441", "%s %s :They aren't on that channel", irc_detail(connection),
			    room);
	else if (reply->kind == REPLY_ERROR)
		irc_refuse(connection, reply, room);
}

/* "#a,#b name,other": each from its room. True where there were several rooms. */
static bool split_kicks(struct connection *connection, const char *rooms, const char *names,
			const char *reason)
{
	if (!strchr(rooms, ','))
		return false;
	while (*rooms && *names) {
		size_t room = strcspn(rooms, ","), name = strcspn(names, ",");
		irc_enqueue(connection, "KICK %.*s %.*s%s%s", (int)room, rooms, (int)name, names,
			    reason ? " :" : "", reason ? reason : "");
		rooms += room + (rooms[room] == ',');
		names += name + (names[name] == ',');
	}
	return true;
}

void irc_run_kick(struct connection *connection, const struct irc_line *line)
{
	const char *reason = line->count > 2 ? line->params[2] : NULL, *name = line->params[1];
	if (split_kicks(connection, line->params[0], name, reason))
		return;
	struct buffer before = BUFFER_EMPTY;
	buffer_printf(&before, "%s ", line->params[0]);
	bool is_split = irc_split(connection, "KICK", buffer_string(&before), name, reason);
	buffer_release(&before);
	const char *room = is_split ? NULL : need_joined(connection, line->params[0]);
	if (!room)
		return;
	size_t bytes = reason ? strlen(reason) : 0;
	struct request *request = irc_request(REQUEST_KICK, REQUEST_TEXT_ROOM, room, strlen(name) + bytes);
	request_set_text(request, REQUEST_TEXT_NAME, name, strlen(name));
	if (bytes)
		request_set_text(request, REQUEST_TEXT_REASON, reason, bytes);
	irc_ask_about(connection, request, then_kicked, room, name);
}

static void then_invited(struct connection *connection, const struct reply *reply, const char *room)
{
	const char *name = irc_detail(connection);
	if (reply->kind != REPLY_ERROR)
		irc_numeric(connection, "341", "%s %s", name, room);
	else if (reply->note.error == ERROR_BAD_NAME || reply->note.error == ERROR_NO_USER)
		irc_numeric(connection, "401", "%s :No such nick", name);
	else
		irc_refuse(connection, reply, room);
}

/* Somebody who is in the room already need not be asked in. */
static void then_looked_for(struct connection *connection, const struct reply *reply, const char *room)
{
	const char *name = irc_detail(connection);
	bool is_in = false;
	for (size_t i = 0; reply->kind == REPLY_LOOK && i < reply->look.people.rows_count; i++)
		is_in |= irc_is_same(reply->look.people.rows[i].name, name);
	if (reply->kind == REPLY_ERROR) {
		irc_numeric(connection, "403", "%s :No such channel", room);
	} else if (!reply->look.is_member) {
		irc_numeric(connection, "442", "%s :You're not on that channel", room);
	} else if (is_in) {
		irc_numeric(connection, "443", "%s %s :is already on channel", name, room);
	} else {
		struct request *request = irc_request(REQUEST_INVITE, REQUEST_TEXT_ROOM, room, strlen(name));
		request_set_text(request, REQUEST_TEXT_NAME, name, strlen(name));
		irc_ask_about(connection, request, then_invited, room, name);
	}
}

void irc_run_invite(struct connection *connection, const struct irc_line *line)
{
	if (line->count < 2) {
		if (line->count)
			irc_numeric(connection, "461", "INVITE :Not enough parameters");
		else
			irc_numeric(connection, "337", ":End of /INVITE list");
		return;
	}
	irc_ask_about(connection, irc_look_at(line->params[1]), then_looked_for, line->params[1],
		      line->params[0]);
}
