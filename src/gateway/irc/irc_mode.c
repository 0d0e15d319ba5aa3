/* MODE: roles, settings and sanctions of a room. What brusio has not is refused, never passed over in silence. */
#include "base/memory.h"
#include "chat/talk/listing.h"
#include "chat/rooms/permission.h"
#include "gateway/irc/irc.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- what it is --- */

static void then_shown(struct connection *connection, const struct reply *reply, const char *room)
{
	if (reply->kind == REPLY_ERROR) {
		irc_numeric(connection, "403", "%.200s :No such channel", room);
		return;
	}
	assert(reply->kind == REPLY_LOOK);
	unsigned rules = reply->look.room_rules;
	irc_numeric(connection, "324", "%s +n%s%s%s", reply->room, rules & ROOM_RULE_PRIVATE ? "i" : "",
		    rules & ROOM_RULE_READ_ONLY ? "m" : "", rules & ROOM_RULE_TOPIC_LOCKED ? "t" : "");
	if (reply->look.created_ms)
		irc_numeric(connection, "329", "%s %lld", reply->room,
			    (long long)reply->look.created_ms / 1000);
}

static void then_bans(struct connection *connection, const struct reply *reply, const char *room)
{
	/* Clients ask for it whenever they come in: who may not see it sees an empty one. */
	bool is_hidden = reply->kind == REPLY_ERROR && reply->note.error == ERROR_FORBIDDEN;
	if (reply->kind == REPLY_ERROR && !is_hidden) {
		irc_refuse(connection, reply, room);
		return;
	}
	assert(is_hidden || reply->kind == REPLY_LISTING);
	for (const struct listing_row *row = is_hidden ? NULL : reply->listing->rows; row; row = row->next) {
		const char *name = "", *kind = "", *by = "", *address = NULL;
		int64_t time_ms = 0;
		for (const struct listing_cell *cell = row->cells; cell; cell = cell->next) {
			name = !strcmp(cell->key, "name") ? cell->text : name;
			kind = !strcmp(cell->key, "kind") ? cell->text : kind;
			by = !strcmp(cell->key, "by") ? cell->text : by;
			address = !strcmp(cell->key, "address") ? cell->text : address;
			time_ms = !strcmp(cell->key, "time") ? cell->number : time_ms;
		}
		irc_numeric(connection, "367", "%s %s%s%s%s %s %lld", room,
			    strcmp(kind, "mute") ? "" : "m:", address ? "*!*@" : "", address ? address : name,
			    address ? "" : "!*@*", by, (long long)time_ms / 1000);
	}
	irc_numeric(connection, "368", "%s :End of channel ban list", room);
}

/* --- one change --- */

static void then_done(struct connection *connection, const struct reply *reply, const char *room)
{
	const char *name = irc_detail(connection);
	if (reply->kind == REPLY_ERROR &&
	    (reply->note.error == ERROR_BAD_NAME || reply->note.error == ERROR_NO_USER))
		irc_numeric(connection, "401", "%s :No such nick", *name ? name : room);
	else if (reply->kind == REPLY_ERROR)
		irc_refuse(connection, reply, room);
}

static bool is_account_mask(const char *mask)
{
	return !strncmp(mask, "$a:", 3) || !strncmp(mask, "a:", 2);
}

/* The person or the network that a mask means; NULL: it means neither. */
static const char *target_of_mask(char *mask)
{
	char *at = strrchr(mask, '@'), *bang = strchr(mask, '!');
	if (is_account_mask(mask))
		return strchr(mask, ':') + 1;
	if (at && !strncmp(mask, "*!", 2) && strcmp(at + 1, "*") != 0)
		return at + 1;
	if (bang && strcmp(bang, "!*@*") != 0 && strcmp(bang, "!*") != 0)
		return NULL;
	if (bang)
		*bang = '\0';
	return *mask && !strpbrk(mask, "*?") ? mask : NULL;
}

static void change_ban(struct connection *connection, const char *room, bool is_on, const char *given)
{
	bool is_mute = !strncmp(given, "m:", 2);
	char *mask = mem_string(given + (is_mute ? 2 : 0));
	const char *name = target_of_mask(mask);
	enum request_op op = is_mute ? is_on ? REQUEST_MUTE : REQUEST_UNMUTE
			     : is_on ? REQUEST_BAN
				     : REQUEST_UNBAN;
	if (!name) {
		irc_numeric(connection, "696", "%s b %s :%s", room, given,
			    lang_text((enum lang)connection->lang, TEXT_irc_masks));
	} else {
		struct request *request = irc_request(op, REQUEST_TEXT_ROOM, room, strlen(name));
		request_set_text(request, REQUEST_TEXT_NAME, name, strlen(name));
		request->mask = is_account_mask(mask) ? MASK_ACCOUNT : MASK_NAME;
		irc_ask_about(connection, request, then_done, room, name);
	}
	free(mask);
}

static void refuse_absent(struct connection *connection, const struct reply *reply, const char *room)
{
	const char *name = irc_detail(connection);
	if (reply->kind == REPLY_ERROR)
		irc_numeric(connection, "401", "%s :No such nick", name);
	else
		irc_numeric(connection, "441", "%s %s :They aren't on that channel", name, room);
}

static enum role role_of_letter(char letter)
{
	return letter == 'q' ? ROLE_OWNER : letter == 'o' ? ROLE_MODERATOR : ROLE_SPEAKER;
}

static const struct reply_row *find_person(const struct reply_list *people, const char *name)
{
	for (size_t i = 0; i < people->rows_count; i++)
		if (irc_is_same(people->rows[i].name, name))
			return &people->rows[i];
	return NULL;
}

static void set_role(struct connection *connection, const char *room, const char *name, enum role role)
{
	const char *word = role_name(role);
	struct request *request =
	    irc_request(REQUEST_ROLE, REQUEST_TEXT_ROOM, room, strlen(name) + strlen(word));
	request_set_text(request, REQUEST_TEXT_NAME, name, strlen(name));
	request_set_text(request, REQUEST_TEXT_ROLE, word, strlen(word));
	irc_ask_about(connection, request, then_done, room, name);
}

/* `change` is "+o" and the like; who the person is now tells what there is to do. */
static void then_role_known(struct connection *connection, const struct reply *reply, const char *change)
{
	const char *name = irc_detail(connection);
	if (reply->kind == REPLY_ERROR) {
		irc_refuse(connection, reply, name);
		return;
	}
	assert(reply->kind == REPLY_LOOK);
	const struct reply_row *row = find_person(&reply->look.people, name);
	if (!row) {
		irc_ask_about(connection, irc_request(REQUEST_LOOK, REQUEST_TEXT_NAME, name, 0),
			      refuse_absent, reply->room, name);
		return;
	}
	bool is_on = *change == '+';
	enum role wanted = role_of_letter(change[1]), now = role_from_name(row->role);
	/* An owner has what a moderator has: taking that from them is refused, not passed over. */
	if (is_on ? now < wanted : now == wanted || (wanted == ROLE_MODERATOR && now == ROLE_OWNER))
		set_role(connection, reply->room, name, is_on ? wanted : ROLE_MEMBER);
}

static void change_role(struct connection *connection, const char *room, bool is_on, char letter,
			const char *name)
{
	char change[] = {is_on ? '+' : '-', letter, '\0'};
	irc_ask_about(connection, irc_look_at(room), then_role_known, change, name);
}

/* The field that a letter sets; REQUEST_NUMBER_COUNT: none. */
static enum request_number setting_of(char letter)
{
	return letter == 'i' || letter == 's' ? REQUEST_NUMBER_PRIVATE
	       : letter == 'm'                ? REQUEST_NUMBER_READ_ONLY
	       : letter == 't'                ? REQUEST_NUMBER_TOPIC_LOCKED
					      : REQUEST_NUMBER_COUNT;
}

/* "+im-t": settings alone, all at once. */
static void change_settings(struct connection *connection, const char *room, const char *letters)
{
	struct request *request = irc_request(REQUEST_SET, REQUEST_TEXT_ROOM, room, 0);
	bool is_on = true;
	for (; *letters; letters++) {
		if (*letters == '+' || *letters == '-')
			is_on = *letters == '+';
		else
			request_set_number(request, setting_of(*letters), is_on);
	}
	irc_ask(connection, request, then_done, room);
}

static void change_one(struct connection *connection, const char *room, const char *letters,
		       const char *argument)
{
	bool is_on = *letters == '+';
	char letter = letters[1];
	switch (letter) {
	case 'q':
	case 'o':
	case 'v':
		if (argument)
			change_role(connection, room, is_on, letter, argument);
		break;
	case 'b':
		if (argument)
			change_ban(connection, room, is_on, argument);
		else
			irc_ask(connection, irc_request(REQUEST_BANS, REQUEST_TEXT_ROOM, room, 0), then_bans,
				room);
		break;
	case 'i':
	case 's':
	case 'm':
	case 't':
		change_settings(connection, room, letters);
		break;
	case 'n':
		/* Somebody outside never speaks. */
		if (is_on)
			break;
		/* fall through */
	default:
		irc_numeric(connection, "472", "%c :is unknown mode char to me for %s", letter, room);
	}
}

/* Each change becomes a line of its own, and all settings together become one. */
static void split(struct connection *connection, const char *room, const struct irc_line *line)
{
	struct buffer settings = BUFFER_EMPTY;
	size_t next = 2;
	bool is_on = true;
	for (const char *at = line->params[1]; *at; at++) {
		if (*at == '+' || *at == '-') {
			is_on = *at == '+';
			continue;
		}
		if (setting_of(*at) != REQUEST_NUMBER_COUNT) {
			buffer_printf(&settings, "%c%c", is_on ? '+' : '-', *at);
			continue;
		}
		const char *argument =
		    strchr("qovb", *at) && next < line->count ? line->params[next++] : NULL;
		irc_enqueue(connection, "MODE %s %c%c%s%s", room, is_on ? '+' : '-', *at, argument ? " " : "",
			    argument ? argument : "");
	}
	if (buffer_length(&settings))
		irc_enqueue(connection, "MODE %s %s", room, buffer_string(&settings));
	buffer_release(&settings);
}

/* Its messages are marked, and WHOIS says so. */
static void tell_bot(struct connection *connection, bool is_on)
{
	struct request *request = request_new(REQUEST_REALNAME, 0);
	request_set_number(request, REQUEST_NUMBER_ON, is_on);
	irc_ask(connection, request, NULL, "");
}

static void refuse_others_mode(struct connection *connection, const struct reply *reply, const char *name)
{
	if (reply->kind == REPLY_ERROR)
		irc_numeric(connection, "401", "%.64s :No such nick", name);
	else
		irc_numeric(connection, "502", ":Can't change mode for other users");
}

static void write_own_modes(struct connection *connection, const struct irc_line *line)
{
	struct irc *irc = irc_of(connection);
	if (!irc_is_same(line->params[0], irc_nick(connection))) {
		irc_ask(connection, irc_request(REQUEST_LOOK, REQUEST_TEXT_NAME, line->params[0], 0),
			refuse_others_mode, line->params[0]);
		return;
	}
	if (line->count == 1) {
		irc_numeric(connection, "221", "+%s", irc->is_bot ? "B" : "");
		return;
	}
	bool is_on = true;
	for (const char *at = line->params[1]; *at; at++) {
		if (*at == '+' || *at == '-') {
			is_on = *at == '+';
		} else if (*at == 'B') {
			if (irc->is_bot != is_on)
				irc_say_own(connection, "MODE %s %cB", irc->nick, is_on ? '+' : '-');
			irc->is_bot = is_on;
			tell_bot(connection, is_on);
		} else if (*at != 'i') {
			irc_numeric(connection, "501", ":Unknown MODE flag");
		}
	}
}

void irc_run_mode(struct connection *connection, const struct irc_line *line)
{
	const char *room = line->params[0], *changes = line->count > 1 ? line->params[1] : "";
	if (*room != '#') {
		write_own_modes(connection, line);
	} else if (line->count == 1) {
		irc_ask(connection, irc_look_at(room), then_shown, room);
	} else if (!irc_of(connection)->is_internal) {
		split(connection, room, line);
	} else {
		struct subscription *one = irc_find_room(connection, room);
		if (one)
			change_one(connection, one->feed->room, changes,
				   line->count > 2 ? line->params[2] : NULL);
		else
			irc_ask(connection, irc_look_at(room), irc_refuse_outsider, room);
	}
}
