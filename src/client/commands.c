#include "client/commands.h"

#include "base/edits.h"
#include "base/memory.h"
#include "client/choices.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool run_help(struct client *client, const char *argument);
static bool run_numbers(struct client *client, const char *argument);
static bool run_quit(struct client *client, const char *argument);

#define NAMED(word) .name = #word, .usage = TEXT_client_usage_##word, .about = TEXT_client_about_##word

static const struct client_command own[] = {
    {NAMED(help), .group = GROUP_CLIENT, .aliases = {"h"}, .run = run_help,
     .completes = {COMPLETES_COMMANDS}},
    {NAMED(list), .group = GROUP_ROOMS, .aliases = {"names", "who", "w"}, .run = commands_list,
     .completes = {COMPLETES_ROOMS}},
    {NAMED(rooms), .group = GROUP_ROOMS, .run = commands_rooms},
    {NAMED(join), .group = GROUP_ROOMS, .aliases = {"j"}, .run = commands_join,
     .completes = {COMPLETES_ROOMS}},
    {NAMED(leave), .group = GROUP_ROOMS, .aliases = {"part"}, .run = commands_leave,
     .completes = {COMPLETES_ROOMS}},
    {NAMED(nick), .group = GROUP_PEOPLE, .run = commands_nick},
    {NAMED(me), .group = GROUP_TALK, .run = commands_me, .completes = {COMPLETES_NAMES}},
    {NAMED(query), .group = GROUP_PEOPLE, .aliases = {"q"}, .run = commands_query,
     .completes = {COMPLETES_NAMES}},
    {NAMED(msg), .group = GROUP_TALK, .aliases = {"m"}, .run = commands_msg, .completes = {COMPLETES_NAMES}},
    {NAMED(reply), .group = GROUP_TALK, .run = commands_reply},
    {NAMED(edit), .group = GROUP_TALK, .run = commands_edit},
    {NAMED(delete), .group = GROUP_TALK, .aliases = {"del"}, .run = commands_delete},
    {NAMED(react), .group = GROUP_TALK, .run = commands_react},
    {NAMED(unreact), .group = GROUP_TALK, .run = commands_unreact},
    {NAMED(send), .group = GROUP_TALK, .run = commands_send, .completes = {COMPLETES_PATHS}},
    {NAMED(save), .group = GROUP_TALK, .run = commands_save,
     .completes = {COMPLETES_NOTHING, COMPLETES_PATHS}},
    {NAMED(open), .group = GROUP_TALK, .run = commands_open},
    {NAMED(topic), .group = GROUP_ROOMS, .aliases = {"t"}, .run = commands_topic},
    {NAMED(history), .group = GROUP_TALK, .run = commands_history},
    {NAMED(read), .group = GROUP_TALK, .run = commands_read},
    {NAMED(search), .group = GROUP_TALK, .run = commands_search,
     .completes = {COMPLETES_ROOMS, COMPLETES_NAMES}},
    {NAMED(goto), .group = GROUP_TALK, .run = commands_goto, .completes = {COMPLETES_PLACES}},
    {NAMED(notify), .group = GROUP_CLIENT, .run = choices_notify, .completes = {COMPLETES_LEVELS}},
    {NAMED(ignore), .group = GROUP_PEOPLE, .run = choices_ignore, .completes = {COMPLETES_NAMES}},
    {NAMED(unignore), .group = GROUP_PEOPLE, .run = choices_unignore, .completes = {COMPLETES_NAMES}},
    {NAMED(numbers), .group = GROUP_CLIENT, .run = run_numbers},
    {NAMED(set), .group = GROUP_ROOMS, .run = commands_set, .completes = {COMPLETES_SETTINGS}},
    {NAMED(register), .group = GROUP_ACCOUNT, .run = account_register},
    {NAMED(login), .group = GROUP_ACCOUNT, .run = account_login},
    {NAMED(logout), .group = GROUP_ACCOUNT, .run = account_logout},
    {NAMED(passwd), .group = GROUP_ACCOUNT, .run = account_passwd},
    {NAMED(totp), .group = GROUP_ACCOUNT, .run = account_totp, .completes = {COMPLETES_SWITCHES}},
    {NAMED(token), .group = GROUP_ACCOUNT, .run = account_token, .completes = {COMPLETES_REVOKE}},
    {NAMED(quit), .group = GROUP_CLIENT, .aliases = {"exit", "bye"}, .run = run_quit},
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

static bool commands_is_own(const char *name)
{
	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		if (!strcmp(own[i].name, name))
			return true;
	return false;
}

/* Commands that do not moderate, take other words, or have a text of this client's own. */
static const struct client_command row_words[] = {
    {NAMED(kick), .group = GROUP_ORDER, .aliases = {"k"}},
    {NAMED(ban), .group = GROUP_ORDER},
    {NAMED(unban), .group = GROUP_ORDER},
    {NAMED(mute), .group = GROUP_ORDER},
    {NAMED(unmute), .group = GROUP_ORDER},
    {NAMED(role), .group = GROUP_ORDER},
    {NAMED(invite), .group = GROUP_ROOMS},
    {NAMED(away), .group = GROUP_PEOPLE},
    {NAMED(block), .group = GROUP_PEOPLE},
    {NAMED(unblock), .group = GROUP_PEOPLE},
    {.name = "private", .group = GROUP_ROOMS},
    {.name = "keep", .group = GROUP_ROOMS},
};

static struct client_command command_of_row(const struct operation_command *row)
{
	struct client_command command = {.name = row->name, .group = GROUP_ORDER};
	for (size_t i = 0; i < sizeof row_words / sizeof *row_words; i++)
		if (!strcmp(row_words[i].name, row->name))
			command = row_words[i];
	if (!command.about)
		command.about = row->help;
	command.row = row;
	for (int i = 0; i < OPERATION_ARGUMENTS_MAX; i++)
		command.completes[i] = completes_of(&row->arguments[i]);
	return command;
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
		if (!commands_is_own(row->name))
			all[all_count++] = command_of_row(row);
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

static bool is_word(const char *word, const char *name, size_t length)
{
	return word && strlen(word) == length && !strncmp(word, name, length);
}

const struct client_command *commands_find(const char *name, size_t length)
{
	const struct client_command *command;
	for (size_t i = 0; (command = commands_at(i)); i++) {
		if (is_word(command->name, name, length))
			return command;
		for (size_t k = 0; k < COMMANDS_ALIASES_MAX; k++)
			if (is_word(command->aliases[k], name, length))
				return command;
	}
	return NULL;
}

/* The one that begins so; with several, NULL and `list` has them. */
static const struct client_command *find_prefix(const char *name, size_t length, struct buffer *list)
{
	const struct client_command *command, *found = NULL;
	size_t count = 0;
	for (size_t i = 0; length && (command = commands_at(i)); i++) {
		if (strncmp(command->name, name, length) != 0)
			continue;
		buffer_printf(list, "%s/%s", count++ ? ", " : "", command->name);
		found = command;
	}
	return count == 1 ? found : NULL;
}

bool commands_know(const char *line)
{
	struct buffer candidates = BUFFER_EMPTY;
	size_t length = strcspn(line, " ");
	bool is_known = commands_find(line, length) || find_prefix(line, length, &candidates);
	buffer_release(&candidates);
	return is_known;
}

static const char *nearest(const char *name)
{
	const struct client_command *command;
	const char *best = NULL;
	size_t best_distance = 3;
	for (size_t i = 0; (command = commands_at(i)); i++) {
		size_t away = edits_between(name, command->name);
		if (away < best_distance && away < strlen(command->name)) {
			best = command->name;
			best_distance = away;
		}
	}
	return best;
}

/* How the command is used, in a text of this client's own or as its row says. */
static const char *usage_of(const struct client *client, const struct client_command *command,
			    char made[OPERATION_USAGE_BYTES])
{
	if (command->usage)
		return lang_text(client->lang, command->usage);
	assert(command->row);
	operation_usage(command->row, made);
	return made;
}

void commands_asked(struct client *client, bool has_line)
{
	if (!has_line)
		client_problem(client, TEXT_client_offline, NULL);
}

bool commands_need_room(struct client *client)
{
	if (!client->room)
		client_problem(client, TEXT_client_in_no_room, NULL);
	return client->room;
}

void commands_write_help(const struct client *client, const struct client_command *command, struct buffer *to)
{
	char made[OPERATION_USAGE_BYTES];
	struct text_args args = {.name = usage_of(client, command, made),
				 .text = lang_text(client->lang, command->about)};
	lang_write(to, client->lang, TEXT_client_help_item, &args);
}

enum text commands_heading(enum commands_group group)
{
	static const enum text headings[GROUP_COUNT] = {
	    [GROUP_TALK] = TEXT_client_help_talk,       [GROUP_ROOMS] = TEXT_client_help_rooms,
	    [GROUP_PEOPLE] = TEXT_client_help_people,   [GROUP_ORDER] = TEXT_client_help_order,
	    [GROUP_ACCOUNT] = TEXT_client_help_account, [GROUP_CLIENT] = TEXT_client_help_client};
	assert(group < GROUP_COUNT);
	return headings[group];
}

static void show_help(struct client *client, const struct client_command *command)
{
	struct buffer text = BUFFER_EMPTY;
	commands_write_help(client, command, &text);
	client_note(client, TEXT_client_error, &(struct text_args){.text = buffer_string(&text)});
	buffer_release(&text);
}

static void show_all_help(struct client *client)
{
	const struct client_command *command;
	for (int group = 0; group < GROUP_COUNT; group++) {
		client_note(client, commands_heading((enum commands_group)group), NULL);
		for (size_t i = 0; (command = commands_at(i)); i++)
			if ((int)command->group == group)
				show_help(client, command);
	}
	client_note(client, TEXT_client_help_end, NULL);
}

static void tell_unknown(struct client *client, const char *name, const char *candidates)
{
	struct text_args args = {.name = name, .text = candidates};
	if (*candidates) {
		client_problem(client, TEXT_client_ambiguous_command, &args);
		return;
	}
	args.text = nearest(name);
	client_problem(client, args.text ? TEXT_client_unknown_command_near : TEXT_client_unknown_command,
		       &args);
}

static bool run_help(struct client *client, const char *argument)
{
	struct buffer candidates = BUFFER_EMPTY;
	size_t length = strlen(argument += *argument == '/');
	const struct client_command *command = commands_find(argument, length);
	if (!command)
		command = find_prefix(argument, length, &candidates);
	if (command)
		show_help(client, command);
	else if (*argument)
		tell_unknown(client, argument, buffer_string(&candidates));
	else if (client->front.list_commands)
		client->front.list_commands(client->front.owner);
	else
		show_all_help(client);
	buffer_release(&candidates);
	return true;
}

static bool run_numbers(struct client *client, const char *argument)
{
	if (*argument)
		return false;
	client->show.has_numbers = !client->show.has_numbers;
	client_note(client, client->show.has_numbers ? TEXT_client_numbers_on : TEXT_client_numbers_off,
		    NULL);
	return true;
}

static bool run_quit(struct client *client, const char *argument)
{
	(void)argument;
	client_leave(client);
	return true;
}

static bool commands_dispatch(struct client *client, const struct client_command *command,
			      const char *argument)
{
	return command->run ? command->run(client, argument)
			    : commands_request(client, command->row, argument);
}

static void tell_usage(struct client *client, const struct client_command *command)
{
	char made[OPERATION_USAGE_BYTES];
	client_problem(client, TEXT_client_usage,
		       &(struct text_args){.text = usage_of(client, command, made)});
}

void commands_unknown_word(struct client *client, const char *word, const char *name)
{
	char made[OPERATION_USAGE_BYTES];
	const struct client_command *command = commands_find(name, strlen(name));
	assert(command);
	struct text_args args = {.name = word, .text = usage_of(client, command, made)};
	client_problem(client, TEXT_client_unknown_word, &args);
}

void commands_run(struct client *client, const char *line)
{
	size_t length = strcspn(line, " \n");
	struct buffer candidates = BUFFER_EMPTY;
	const struct client_command *command = commands_find(line, length);
	if (!command)
		command = find_prefix(line, length, &candidates);
	const char *argument = line + length + strspn(line + length, " \n");
	char *trimmed = mem_string(argument), *name = mem_string_n(line, length);
	for (size_t end = strlen(trimmed); end && strchr(" \n\t", trimmed[end - 1]); end--)
		trimmed[end - 1] = '\0';
	if (!command)
		tell_unknown(client, name, buffer_string(&candidates));
	else if (!commands_dispatch(client, command, trimmed))
		tell_usage(client, command);
	if (!client->front.is_interactive && !command)
		client->status = CLIENT_FAILED;
	buffer_release(&candidates);
	free(name);
	free(trimmed);
}
