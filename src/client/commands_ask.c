/* Commands that ask the server for something. */
#include "client/commands.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/text/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BACKLOG_MESSAGES 50 /* of what was missed in a room, shown on going there */

static bool is_place(const char *name)
{
	return *name == '@' ? utf8_is_user_name(name + 1) : utf8_is_room_name(name);
}

bool commands_list(struct client *client, const char *argument)
{
	if (*argument && !is_place(argument))
		return false;
	if (*argument || commands_need_room(client))
		commands_asked(client, session_ask(client->session, "who",
						   *argument ? argument : client->room, NULL, NULL));
	return true;
}

bool commands_rooms(struct client *client, const char *argument)
{
	commands_asked(client, session_ask(client->session, "rooms", NULL, NULL, NULL));
	return !*argument;
}

/* Talk goes there from now on. What was only counted there is shown. */
static void go_to(struct client *client, const struct session_room *room)
{
	int64_t missed = room->unread;
	/* The last word counts, also where the answer to an earlier one is still to come. */
	free(client->going_to);
	client->going_to = NULL;
	client_go_to_room(client, room->name);
	client_note(client, TEXT_client_now_in, &(struct text_args){.room = room->name});
	if (missed > 0 && !roomlog_find(&room->log, room->place.last))
		session_ask_history(client->session, room->name,
				    missed < BACKLOG_MESSAGES ? (unsigned)missed : BACKLOG_MESSAGES);
}

bool commands_join(struct client *client, const char *argument)
{
	char *name = mem_alloc(strlen(argument) + 2);
	sprintf(name, "%s%s", *argument == '#' || *argument == '@' ? "" : "#", argument);
	bool is_right = is_place(name);
	const struct session_room *room = is_right ? session_find_room(client->session, name) : NULL;
	if (room && room->has_place) {
		go_to(client, room);
	} else if (is_right) {
		free(client->going_to);
		client->going_to = mem_string(name);
		session_join(client->session, name);
	}
	free(name);
	return is_right;
}

bool commands_leave(struct client *client, const char *argument)
{
	if (*argument && !is_place(argument))
		return false;
	if (*argument || commands_need_room(client))
		commands_asked(client, session_ask(client->session, "leave",
						   *argument ? argument : client->room, NULL, NULL));
	return true;
}

bool commands_nick(struct client *client, const char *argument)
{
	bool is_right = utf8_is_user_name(argument);
	if (is_right)
		commands_asked(client, session_ask(client->session, "nick", NULL, "name", argument));
	return is_right;
}

bool commands_topic(struct client *client, const char *argument)
{
	const struct session_room *room =
	    commands_need_room(client) ? session_find_room(client->session, client->room) : NULL;
	if (!room)
		return true;
	if (*argument) {
		commands_asked(client,
			       session_ask(client->session, "topic", client->room, "topic", argument));
		return true;
	}
	/* A topic that was just set counts before the server has answered. */
	const char *set = session_asked(client->session, "topic", client->room);
	const char *topic = set ? set : room->topic;
	bool has_topic = topic && *topic;
	struct text_args args = {.room = client->room, .text = topic};
	client_note(client, has_topic ? TEXT_client_topic : TEXT_client_topic_none, &args);
	return true;
}

/* A number that fills its word; -1 where it is none. */
static int64_t commands_number(const char *word, size_t length)
{
	if (!length || length > 15 || strspn(word, "0123456789") < length)
		return -1;
	return strtoll(word, NULL, 10);
}

/* "", "N", "N #BEFORE" */
bool commands_history(struct client *client, const char *argument)
{
	size_t first = strcspn(argument, " ");
	const char *second = argument + first + strspn(argument + first, " ");
	int64_t count = *argument ? commands_number(argument, first) : OPTIONS_HISTORY_DEFAULT;
	int64_t before = *second == '#' ? commands_number(second + 1, strlen(second + 1)) : *second ? -1 : 0;
	if (count < 1 || count > LIMIT_PAGE_ENTRIES || before < 0 || (*second && !before))
		return false;
	struct session_field fields[] = {{.key = "limit", .number = count},
					 {.key = "before", .number = before}};
	if (commands_need_room(client))
		commands_asked(client, session_ask_fields(client->session, "history", client->room, fields,
							  *second ? 2 : 1));
	return true;
}

bool commands_read(struct client *client, const char *argument)
{
	if (!*argument && commands_need_room(client)) {
		session_skip_unseen(client->session, client->room);
		session_mark_read(client->session, client->room);
		client_note(client, TEXT_client_done_read, &(struct text_args){.room = client->room});
	}
	return !*argument;
}

/* "#120", "2026-11-20 14:30", "3d", "unread", "end" */
bool commands_goto(struct client *client, const char *argument)
{
	struct when when;
	if (!when_read(argument, clock_wall_ms(), &when))
		return false;
	if (!client->front.look_at)
		client_problem(client, TEXT_client_goto_full_only, NULL);
	else if (commands_need_room(client))
		client->front.look_at(client->front.owner, &when);
	return true;
}

static void search(struct client *client)
{
	struct session_field fields[] = {{.key = "query", .text = client->search.query},
					 {.key = "before", .number = client->search.before}};
	commands_asked(client, session_ask_fields(client->session, "search", client->search.room, fields,
						  client->search.before ? 2 : 1));
}

/* "[#ROOM] [from:NAME] WORDS"; alone, the next page of the last search. */
bool commands_search(struct client *client, const char *argument)
{
	size_t first = strcspn(argument, " ");
	bool has_room = *argument == '#' || *argument == '@';
	const char *query = has_room ? argument + first + strspn(argument + first, " ") : argument;
	char *room = has_room ? mem_string_n(argument, first) : NULL;
	bool is_next = !*argument && client->search.before;
	if ((!*query && !is_next) || (room && !is_place(room))) {
		free(room);
		return false;
	}
	if (!is_next) {
		free(client->search.room);
		free(client->search.query);
		client->search.room = room;
		client->search.query = mem_string(query);
		client->search.before = 0;
	}
	search(client);
	return true;
}

static const struct {
	const char *word, *key;
	bool value;
} settings[] = {{"private", "private", true},           {"public", "private", false},
		{"read-only", "read_only", true},       {"open", "read_only", false},
		{"topic-locked", "topic_locked", true}, {"topic-free", "topic_locked", false},
		{"keep-edits", "keep_edits", true},     {"drop-edits", "keep_edits", false}};

const char *commands_setting(size_t index)
{
	size_t count = sizeof settings / sizeof *settings;
	return index < count ? settings[index].word : index == count ? "keep" : NULL;
}

/* A room that becomes public shows its past, too: the user must say so twice. */
bool commands_may_show_past(struct client *client)
{
	const struct session_room *room = session_find_room(client->session, client->room);
	if (!room || !room->is_private || !client->front.is_interactive)
		return true;
	client_note(client, TEXT_client_public_sure, &(struct text_args){.room = client->room});
	return false;
}

/* One of the settings, or "keep DAYS". */
bool commands_set(struct client *client, const char *argument)
{
	size_t first = strcspn(argument, " ");
	const char *rest = argument + first + strspn(argument + first, " ");
	char *word = mem_string_n(argument, first);
	struct session_field field = {.is_bool = true};
	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
		if (!strcmp(settings[i].word, word) && (!*rest || !strcmp(rest, "yes"))) {
			field.key = settings[i].key;
			field.number = settings[i].value;
		}
	int64_t days = !strcmp(word, "keep") ? commands_number(rest, strlen(rest)) : -1;
	if (days >= 0)
		field = (struct session_field){.key = "retention_days", .number = days};
	bool is_usage = !*word || (!strcmp(word, "keep") && days < 0);
	if (is_usage)
		;
	else if (!field.key)
		commands_unknown_word(client, argument, "set");
	else if (commands_need_room(client) &&
		 (strcmp(word, "public") || !strcmp(rest, "yes") || commands_may_show_past(client)))
		commands_asked(client, session_ask_fields(client->session, "set", client->room, &field, 1));
	free(word);
	return !is_usage;
}
