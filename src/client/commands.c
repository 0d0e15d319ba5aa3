#include "client/commands.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool run_help(struct client *client, const char *argument);
static bool run_numbers(struct client *client, const char *argument);
static bool run_quit(struct client *client, const char *argument);

static const struct client_command commands[] = {
    {.name = "help", .run = run_help, .completes = {COMPLETES_COMMANDS}},
    {.name = "list", .run = commands_list, .completes = {COMPLETES_ROOMS}},
    {.name = "who", .run = commands_list, .completes = {COMPLETES_ROOMS}},
    {.name = "rooms", .run = commands_rooms},
    {.name = "join", .run = commands_join, .completes = {COMPLETES_ROOMS}},
    {.name = "leave", .run = commands_leave, .completes = {COMPLETES_ROOMS}},
    {.name = "nick", .run = commands_nick},
    {.name = "me", .run = commands_me, .completes = {COMPLETES_NAMES}},
    {.name = "msg", .run = commands_msg, .completes = {COMPLETES_NAMES}},
    {.name = "reply", .run = commands_reply},
    {.name = "edit", .run = commands_edit},
    {.name = "delete", .run = commands_delete},
    {.name = "react", .run = commands_react},
    {.name = "unreact", .run = commands_unreact},
    {.name = "topic", .run = commands_topic},
    {.name = "history", .run = commands_history},
    {.name = "search", .run = commands_search, .completes = {COMPLETES_ROOMS, COMPLETES_NAMES}},
    {.name = "numbers", .run = run_numbers},
    {.name = "away", .op = "away", .fields = {{"message", PART_TEXT}}},
    {.name = "invite",
     .op = "invite",
     .is_in_room = true,
     .completes = {COMPLETES_NAMES},
     .fields = {{"name", PART_WORD}}},
    {.name = "kick",
     .op = "kick",
     .is_in_room = true,
     .completes = {COMPLETES_NAMES},
     .fields = {{"name", PART_WORD}, {"reason", PART_TEXT}}},
    {.name = "ban",
     .op = "ban",
     .is_in_room = true,
     .completes = {COMPLETES_NAMES},
     .fields = {{"name", PART_WORD}, {"seconds", PART_SPAN}, {"reason", PART_TEXT}}},
    {.name = "unban",
     .op = "unban",
     .is_in_room = true,
     .completes = {COMPLETES_NAMES},
     .fields = {{"name", PART_WORD}, {"reason", PART_TEXT}}},
    {.name = "mute",
     .op = "mute",
     .is_in_room = true,
     .completes = {COMPLETES_NAMES},
     .fields = {{"name", PART_WORD}, {"seconds", PART_SPAN}, {"reason", PART_TEXT}}},
    {.name = "unmute",
     .op = "unmute",
     .is_in_room = true,
     .completes = {COMPLETES_NAMES},
     .fields = {{"name", PART_WORD}, {"reason", PART_TEXT}}},
    {.name = "role",
     .op = "role",
     .is_in_room = true,
     .completes = {COMPLETES_NAMES, COMPLETES_ROLES},
     .fields = {{"name", PART_WORD}, {"role", PART_WORD}}},
    {.name = "set", .run = commands_set},
    {.name = "block", .op = "block", .completes = {COMPLETES_NAMES}, .fields = {{"name", PART_WORD}}},
    {.name = "unblock", .op = "unblock", .completes = {COMPLETES_NAMES}, .fields = {{"name", PART_WORD}}},
    {.name = "register", .run = account_register},
    {.name = "login", .run = account_login},
    {.name = "logout", .run = account_logout},
    {.name = "passwd", .run = account_passwd},
    {.name = "token", .run = account_token},
    {.name = "quit", .run = run_quit},
};

const struct client_command *commands_at(size_t index)
{
	return index < sizeof commands / sizeof *commands ? &commands[index] : NULL;
}

const struct client_command *commands_find(const char *name, size_t length)
{
	const struct client_command *command = NULL;
	for (size_t i = 0; (command = commands_at(i)); i++)
		if (strlen(command->name) == length && !strncmp(command->name, name, length))
			break;
	return command;
}

static void catalogue_key(char key[64], const char *kind, const char *name)
{
	snprintf(key, 64, "client.%s.%s", kind, name);
}

void commands_asked(struct client *client, bool has_line)
{
	if (!has_line)
		client_problem(client, "client.offline", NULL);
}

bool commands_need_room(struct client *client)
{
	if (!client->room)
		client_problem(client, "client.in_no_room", NULL);
	return client->room;
}

static void show_help(struct client *client, const struct client_command *command)
{
	char usage[64], about[64];
	catalogue_key(usage, "usage", command->name);
	catalogue_key(about, "about", command->name);
	struct text_args args = {.name = lang_text(client->lang, usage),
				 .text = lang_text(client->lang, about)};
	client_note(client, "client.help.item", &args);
}

static bool run_help(struct client *client, const char *argument)
{
	const struct client_command *command;
	argument += *argument == '/';
	if (*argument && (command = commands_find(argument, strlen(argument)))) {
		show_help(client, command);
		return true;
	}
	for (size_t i = 0; !*argument && (command = commands_at(i)); i++)
		show_help(client, command);
	if (!*argument)
		client_note(client, "client.help.end", NULL);
	return !*argument;
}

static bool run_numbers(struct client *client, const char *argument)
{
	if (*argument)
		return false;
	client->show.has_numbers = !client->show.has_numbers;
	client_note(client, client->show.has_numbers ? "client.numbers.on" : "client.numbers.off", NULL);
	return true;
}

static bool run_quit(struct client *client, const char *argument)
{
	(void)argument;
	client_leave(client);
	return true;
}

static bool run(struct client *client, const struct client_command *command, const char *argument)
{
	return command->run ? command->run(client, argument) : commands_request(client, command, argument);
}

void commands_run(struct client *client, const char *line)
{
	size_t length = strcspn(line, " \n");
	const struct client_command *command = commands_find(line, length);
	const char *argument = line + length + strspn(line + length, " \n");
	char *trimmed = mem_string(argument);
	for (size_t end = strlen(trimmed); end && strchr(" \n\t", trimmed[end - 1]); end--)
		trimmed[end - 1] = '\0';
	if (!command) {
		char *name = mem_string_n(line, length);
		client_problem(client, "client.unknown_command", &(struct text_args){.name = name});
		free(name);
	} else if (!run(client, command, trimmed)) {
		char key[64];
		catalogue_key(key, "usage", command->name);
		client_problem(client, "client.usage",
			       &(struct text_args){.text = lang_text(client->lang, key)});
	}
	if (!client->front.is_interactive && !command)
		client->status = CLIENT_FAILED;
	free(trimmed);
}
