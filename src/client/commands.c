#include "client/commands.h"

#include "base/limits.h"
#include "base/memory.h"
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void catalogue_key(char key[64], const char *kind, const char *name)
{
	snprintf(key, 64, "client.%s.%s", kind, name);
}

/* Most commands ask the server, which takes a line. */
static bool asked(struct client *client, bool has_line)
{
	if (!has_line)
		client_problem(client, "client.offline", NULL);
	return true;
}

static bool needs_room(struct client *client)
{
	if (!client->room)
		client_problem(client, "client.in_no_room", NULL);
	return client->room;
}

static bool run_help(struct client *client, const char *argument)
{
	const struct command *command;
	(void)argument;
	for (size_t i = 0; (command = commands_at(i)); i++) {
		char usage[64], about[64];
		catalogue_key(usage, "usage", command->name);
		catalogue_key(about, "about", command->name);
		struct text_args args = {.name = lang_text(client->lang, usage),
					 .text = lang_text(client->lang, about)};
		client_note(client, "client.help.item", &args);
	}
	client_note(client, "client.help.end", NULL);
	return true;
}

static bool run_list(struct client *client, const char *argument)
{
	(void)argument;
	return !needs_room(client) ||
	       asked(client, session_ask(client->session, "who", client->room, NULL, NULL));
}

static bool run_rooms(struct client *client, const char *argument)
{
	(void)argument;
	return asked(client, session_ask(client->session, "rooms", NULL, NULL, NULL));
}

static bool run_join(struct client *client, const char *argument)
{
	char *name = mem_alloc(strlen(argument) + 2);
	sprintf(name, "%s%s", *argument == '#' ? "" : "#", argument);
	bool is_right = utf8_is_room_name(name);
	const struct room *room = is_right ? session_find_room(client->session, name) : NULL;
	if (room && room->has_cursor) {
		client_go_to_room(client, room->name);
		client_note(client, "client.now_in", &(struct text_args){.room = room->name});
	} else if (is_right) {
		free(client->going_to);
		client->going_to = mem_string(name);
		session_join(client->session, name);
	}
	free(name);
	return is_right;
}

static bool run_leave(struct client *client, const char *argument)
{
	if (*argument && !utf8_is_room_name(argument))
		return false;
	if (!*argument && !needs_room(client))
		return true;
	return asked(client,
		     session_ask(client->session, "leave", *argument ? argument : client->room, NULL, NULL));
}

static bool run_nick(struct client *client, const char *argument)
{
	return utf8_is_user_name(argument) &&
	       asked(client, session_ask(client->session, "nick", NULL, "name", argument));
}

static bool run_me(struct client *client, const char *argument)
{
	if (*argument)
		client_say(client, argument, true);
	return *argument;
}

static bool run_msg(struct client *client, const char *argument)
{
	size_t length = strcspn(argument, " ");
	const char *text = argument + length + strspn(argument + length, " ");
	char *room = mem_alloc(length + 2);
	snprintf(room, length + 2, "@%s", argument);
	bool is_right = utf8_is_user_name(room + 1) && *text;
	if (is_right)
		client_say_to(client, room, text, false);
	free(room);
	return is_right;
}

static bool run_topic(struct client *client, const char *argument)
{
	const struct room *room =
	    needs_room(client) ? session_find_room(client->session, client->room) : NULL;
	if (!room)
		return true;
	if (*argument)
		return asked(client, session_ask(client->session, "topic", client->room, "topic", argument));
	bool has_topic = room->topic && *room->topic;
	struct text_args args = {.room = client->room, .text = room->topic};
	client_note(client, has_topic ? "client.topic" : "client.topic.none", &args);
	return true;
}

static bool run_history(struct client *client, const char *argument)
{
	int count = *argument ? 0 : OPTIONS_HISTORY_DEFAULT;
	size_t digits = strspn(argument, "0123456789");
	if (digits && digits < 6 && !argument[digits])
		count = atoi(argument);
	if (count < 1 || count > LIMIT_PAGE_ENTRIES)
		return false;
	return !needs_room(client) ||
	       asked(client, session_ask_history(client->session, client->room, (unsigned)count));
}

static bool run_search(struct client *client, const char *argument)
{
	return *argument && asked(client, session_ask(client->session, "search", NULL, "query", argument));
}

static bool run_quit(struct client *client, const char *argument)
{
	(void)argument;
	client_leave(client);
	return true;
}

static const struct command commands[] = {
    {"help", run_help, COMPLETES_NOTHING},     {"list", run_list, COMPLETES_NOTHING},
    {"rooms", run_rooms, COMPLETES_NOTHING},   {"join", run_join, COMPLETES_ROOMS},
    {"leave", run_leave, COMPLETES_ROOMS},     {"nick", run_nick, COMPLETES_NOTHING},
    {"me", run_me, COMPLETES_NAMES},           {"msg", run_msg, COMPLETES_NAMES},
    {"topic", run_topic, COMPLETES_NOTHING},   {"history", run_history, COMPLETES_NOTHING},
    {"search", run_search, COMPLETES_NOTHING}, {"quit", run_quit, COMPLETES_NOTHING},
};

const struct command *commands_at(size_t index)
{
	return index < sizeof commands / sizeof *commands ? &commands[index] : NULL;
}

const struct command *commands_find(const char *name, size_t length)
{
	const struct command *command = NULL;
	for (size_t i = 0; (command = commands_at(i)); i++)
		if (strlen(command->name) == length && !strncmp(command->name, name, length))
			break;
	return command;
}

void commands_run(struct client *client, const char *line)
{
	size_t length = strcspn(line, " \n");
	const struct command *command = commands_find(line, length);
	const char *argument = line + length + strspn(line + length, " \n");
	char *trimmed = mem_string(argument);
	for (size_t end = strlen(trimmed); end && strchr(" \n\t", trimmed[end - 1]); end--)
		trimmed[end - 1] = '\0';
	if (!command) {
		char *name = mem_string_n(line, length);
		client_problem(client, "client.unknown_command", &(struct text_args){.name = name});
		free(name);
	} else if (!command->run(client, trimmed)) {
		char key[64];
		catalogue_key(key, "usage", command->name);
		client_problem(client, "client.usage",
			       &(struct text_args){.text = lang_text(client->lang, key)});
	}
	if (!client->front.is_interactive && !command)
		client->status = CLIENT_FAILED;
	free(trimmed);
}
