/* Commands that say something, or change what was said. */
#include "client/commands.h"

#include "base/memory.h"
#include "base/text/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool commands_me(struct client *client, const char *argument)
{
	if (*argument)
		client_say(client, argument, true);
	return *argument;
}

/* Splits "NAME [TEXT]", with or without "@" before the name. Returns "@NAME", owned by the caller; NULL where that is
 * not a name. */
static char *split_person(const char *argument, const char **text)
{
	argument += *argument == '@';
	size_t length = strcspn(argument, " ");
	*text = argument + length + strspn(argument + length, " ");
	char *room = mem_alloc(length + 2);
	snprintf(room, length + 2, "@%s", argument);
	if (utf8_is_user_name(room + 1))
		return room;
	free(room);
	return NULL;
}

/* "NAME [TEXT]": talk goes to that person from now on. */
bool commands_query(struct client *client, const char *argument)
{
	const char *text;
	char *room = split_person(argument, &text);
	if (!room)
		return false;
	commands_join(client, room);
	if (*text)
		client_say_to(client, room, text, false);
	free(room);
	return true;
}

bool commands_msg(struct client *client, const char *argument)
{
	const char *text;
	char *room = split_person(argument, &text);
	if (room && *text)
		client_say_to(client, room, text, false);
	bool is_right = room && *text;
	free(room);
	return is_right;
}

/* Takes "#12 " off the argument; 0 where it does not begin with a message's number. A bare "12" is text: "8
 * is good" answers the last message. */
static int64_t say_take_number(const char **argument)
{
	if (**argument != '#')
		return 0;
	const char *digits = *argument + 1;
	size_t length = strspn(digits, "0123456789");
	if (!length || length > 18 || (digits[length] && digits[length] != ' '))
		return 0;
	*argument = digits + length + strspn(digits + length, " ");
	return strtoll(digits, NULL, 10);
}

/* The last message has no number yet: "the last one" would be an earlier one. */
static bool is_underway(struct client *client)
{
	for (const struct outbox_item *item = session_outbox(client->session)->first; item; item = item->next)
		if (item->kind == OUTBOX_SEND && names_equal(item->room, client->room))
			return true;
	return false;
}

/* The message that is meant: the one with the number, or the last one, of ours or of others. 0: told why not.
 */
static int64_t find_target(struct client *client, int64_t number, bool is_own)
{
	const struct session_room *room = session_find_room(client->session, client->room);
	if (number)
		return number;
	if (is_own && is_underway(client)) {
		client_problem(client, TEXT_client_not_arrived, NULL);
		return 0;
	}
	const struct roomlog_item *item =
	    room ? roomlog_last(&room->log, session_name(client->session), is_own) : NULL;
	if (!item)
		client_problem(client, is_own ? TEXT_client_no_own_message : TEXT_client_no_message, NULL);
	return item ? item->seq : 0;
}

bool commands_reply(struct client *client, const char *argument)
{
	int64_t number = say_take_number(&argument), target;
	if (!*argument)
		return false;
	if (commands_need_room(client) && (target = find_target(client, number, false)))
		client_reply(client, target, argument);
	return true;
}

bool commands_edit(struct client *client, const char *argument)
{
	const char *text = argument;
	int64_t number = say_take_number(&text), target;
	struct text_args args = {0};
	if (!*argument)
		return false;
	/* A number alone is the new text. */
	if (!*text) {
		text = argument;
		number = 0;
	}
	if (!client_is_short(client, text, &args))
		client_problem(client, TEXT_client_too_long, &args);
	else if (commands_need_room(client) && (target = find_target(client, number, true)))
		session_change(client->session, OUTBOX_EDIT, client->room, target, text, false);
	return true;
}

bool commands_delete(struct client *client, const char *argument)
{
	int64_t number = say_take_number(&argument), target;
	if (*argument)
		return false;
	if (commands_need_room(client) && (target = find_target(client, number, true)))
		session_change(client->session, OUTBOX_DELETE, client->room, target, "", false);
	return true;
}

static bool say_react(struct client *client, const char *argument, bool is_on)
{
	int64_t number = say_take_number(&argument), target;
	if (!*argument || strchr(argument, ' ') || strlen(argument) > LIMIT_EMOJI_BYTES)
		return false;
	if (commands_need_room(client) && (target = find_target(client, number, false)))
		session_change(client->session, OUTBOX_REACT, client->room, target, argument, is_on);
	return true;
}

bool commands_react(struct client *client, const char *argument)
{
	return say_react(client, argument, true);
}

bool commands_unreact(struct client *client, const char *argument)
{
	return say_react(client, argument, false);
}
