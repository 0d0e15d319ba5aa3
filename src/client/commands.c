#include "client/commands.h"

#include "base/memory.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool run_help(struct client *client, const char *argument);
static bool run_numbers(struct client *client, const char *argument);
static bool run_quit(struct client *client, const char *argument);

static const struct client_command own[] = {
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
    {.name = "set", .run = commands_set},
    {.name = "register", .run = account_register},
    {.name = "login", .run = account_login},
    {.name = "logout", .run = account_logout},
    {.name = "passwd", .run = account_passwd},
    {.name = "token", .run = account_token},
    {.name = "quit", .run = run_quit},
};

static enum commands_completes completes_of(const struct operation_argument *argument)
{
	switch (argument->kind) {
	case ARGUMENT_NAME:
		return COMPLETES_NAMES;
	case ARGUMENT_ROOM:
		return COMPLETES_ROOMS;
	case ARGUMENT_SWITCH:
		return COMPLETES_SWITCHES;
	case ARGUMENT_WORD:
		return argument->field == REQUEST_TEXT_ROLE ? COMPLETES_ROLES : COMPLETES_NOTHING;
	default:
		return COMPLETES_NOTHING;
	}
}

static bool is_own(const char *name)
{
	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		if (!strcmp(own[i].name, name))
			return true;
	return false;
}

/* Own commands, then those that are nothing but their row. Made once, and kept. */
static const struct client_command *all_commands(size_t *count)
{
	static struct client_command *all;
	static size_t all_count;
	*count = all_count;
	if (all)
		return all;
	all = mem_zero(sizeof own + operation_commands_count * sizeof *all);
	memcpy(all, own, sizeof own);
	all_count = sizeof own / sizeof *own;
	for (size_t i = 0; i < operation_commands_count; i++) {
		const struct operation_command *row = &operation_commands[i];
		if (is_own(row->name))
			continue;
		struct client_command *command = &all[all_count++];
		*command = (struct client_command){.name = row->name, .row = row};
		for (int k = 0; k < OPERATION_ARGUMENTS_MAX; k++)
			command->completes[k] = completes_of(&row->arguments[k]);
	}
	*count = all_count;
	return all;
}

const struct client_command *commands_at(size_t index)
{
	size_t count;
	const struct client_command *all = all_commands(&count);
	return index < count ? &all[index] : NULL;
}

const struct client_command *commands_find(const char *name, size_t length)
{
	const struct client_command *command = NULL;
	for (size_t i = 0; (command = commands_at(i)); i++)
		if (strlen(command->name) == length && !strncmp(command->name, name, length))
			break;
	return command;
}

/* How the command is used, and what it does: texts of this client's own, or those that the server has. */
static const char *usage_of(const struct client *client, const struct client_command *command,
			    char made[OPERATION_USAGE_BYTES])
{
	char key[64];
	snprintf(key, sizeof key, "client.usage.%s", command->name);
	if (lang_has(client->lang, key))
		return lang_text(client->lang, key);
	assert(command->row);
	operation_usage(command->row, made);
	return made;
}

static const char *about_of(const struct client *client, const struct client_command *command)
{
	char key[64];
	snprintf(key, sizeof key, "client.about.%s", command->name);
	if (!lang_has(client->lang, key))
		snprintf(key, sizeof key, "command.help.%s", command->name);
	return lang_text(client->lang, key);
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
	char made[OPERATION_USAGE_BYTES];
	struct text_args args = {.name = usage_of(client, command, made), .text = about_of(client, command)};
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
	return command->run ? command->run(client, argument)
			    : commands_request(client, command->row, argument);
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
		char made[OPERATION_USAGE_BYTES];
		client_problem(client, "client.usage",
			       &(struct text_args){.text = usage_of(client, command, made)});
	}
	if (!client->front.is_interactive && !command)
		client->status = CLIENT_FAILED;
	free(trimmed);
}
