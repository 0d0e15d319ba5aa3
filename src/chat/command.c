#include "chat/command.h"

#include "base/limits.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define T(field) REQUEST_TEXT_##field
#define N(field) REQUEST_NUMBER_##field

/* clang-format off */
const struct command commands[] = {
    {"help",    REQUEST_HELP,    {{0}}, ""},
    {"quit",    REQUEST_QUIT,    {{0}}, ""},
    {"list",    REQUEST_WHO,     {{ARGUMENT_ROOM, true, T(ROOM)}}, "[#ROOM]"},
    {"rooms",   REQUEST_ROOMS,   {{0}}, ""},
    {"join",    REQUEST_JOIN,    {{ARGUMENT_ROOM, false, T(ROOM)}}, "#ROOM"},
    {"leave",   REQUEST_LEAVE,   {{ARGUMENT_ROOM, true, T(ROOM)}}, "[#ROOM]"},
    {"nick",    REQUEST_NICK,    {{ARGUMENT_NAME, false, T(NAME)}}, "NAME"},
    {"me",      REQUEST_SEND,    {{ARGUMENT_TEXT, false, T(MESSAGE)}}, "TEXT"},
    {"msg",     REQUEST_SEND,    {{ARGUMENT_NAME, false, T(ROOM)}, {ARGUMENT_TEXT, false, T(MESSAGE)}}, "NAME TEXT"},
    {"history", REQUEST_HISTORY, {{ARGUMENT_NUMBER, true, N(LIMIT)}}, "[N]"},
    {"search",  REQUEST_SEARCH,  {{ARGUMENT_TEXT, false, T(QUERY)}}, "TEXT"},
    {"topic",   REQUEST_TOPIC,   {{ARGUMENT_TEXT, false, T(TOPIC)}}, "TEXT"},
    {"away",    REQUEST_AWAY,    {{ARGUMENT_TEXT, true, T(MESSAGE)}}, "[TEXT]"},
    {"edit",    REQUEST_EDIT,    {{ARGUMENT_TARGET, false, N(TARGET)}, {ARGUMENT_TEXT, false, T(MESSAGE)}}, "NUMBER TEXT"},
    {"delete",  REQUEST_DELETE,  {{ARGUMENT_TARGET, false, N(TARGET)}}, "NUMBER"},
    {"react",   REQUEST_REACT,   {{ARGUMENT_TARGET, false, N(TARGET)}, {ARGUMENT_WORD, false, T(EMOJI)}}, "NUMBER EMOJI"},
    {"register", REQUEST_REGISTER, {{ARGUMENT_TEXT, false, T(PASSWORD)}}, "PASSWORD"},
    {"invite",  REQUEST_INVITE,  {{ARGUMENT_NAME, false, T(NAME)}}, "NAME"},
    {"kick",    REQUEST_KICK,    {{ARGUMENT_NAME, false, T(NAME)}, {ARGUMENT_TEXT, true, T(REASON)}}, "NAME [REASON]"},
    {"ban",     REQUEST_BAN,     {{ARGUMENT_NAME, false, T(NAME)}, {ARGUMENT_SECONDS, true, N(SECONDS)}, {ARGUMENT_TEXT, true, T(REASON)}}, "NAME [SECONDS] [REASON]"},
    {"unban",   REQUEST_UNBAN,   {{ARGUMENT_NAME, false, T(NAME)}}, "NAME"},
    {"mute",    REQUEST_MUTE,    {{ARGUMENT_NAME, false, T(NAME)}, {ARGUMENT_SECONDS, true, N(SECONDS)}, {ARGUMENT_TEXT, true, T(REASON)}}, "NAME [SECONDS] [REASON]"},
    {"unmute",  REQUEST_UNMUTE,  {{ARGUMENT_NAME, false, T(NAME)}}, "NAME"},
    {"role",    REQUEST_ROLE,    {{ARGUMENT_NAME, false, T(NAME)}, {ARGUMENT_WORD, false, T(ROLE)}}, "NAME owner|moderator|member"},
    {"block",   REQUEST_BLOCK,   {{ARGUMENT_NAME, false, T(NAME)}}, "NAME"},
    {"unblock", REQUEST_UNBLOCK, {{ARGUMENT_NAME, false, T(NAME)}}, "NAME"},
};
/* clang-format on */

const size_t commands_count = sizeof commands / sizeof *commands;

static const char *skip_spaces(const char *text)
{
	return text + strspn(text, " \t");
}

/* Adds a name with the sign that its kind has: "#room", "@name". */
static bool set_signed(struct request *request, enum request_text field, char sign, const char *word,
		       size_t bytes)
{
	char text[LIMIT_NAME_BYTES + 1];
	int length = snprintf(text, sizeof text, "%.*s%.*s", *word != sign, &sign, (int)bytes, word);
	if (length >= (int)sizeof text)
		return false;
	request_set_text(request, field, text, (size_t)length);
	return true;
}

static bool take_number(const char *word, size_t bytes, int64_t high, int64_t *number)
{
	char digits[20];
	if (!bytes || bytes >= sizeof digits)
		return false;
	memcpy(digits, word, bytes);
	digits[bytes] = '\0';
	char *end;
	*number = strtoll(digits, &end, 10);
	return !*end && *number >= 1 && *number <= high;
}

static int64_t number_max(enum command_argument kind)
{
	return kind == ARGUMENT_NUMBER    ? LIMIT_PAGE_ENTRIES
	       : kind == ARGUMENT_SECONDS ? 3155760000
					  : INT64_MAX;
}

/* Takes one argument off the line; false where it is not of its kind. */
static bool take_argument(struct request *request, const struct command *command, int index,
			  const char **line)
{
	enum command_argument kind = command->arguments[index].kind;
	int field = command->arguments[index].field;
	const char *word = *line;
	size_t bytes = kind == ARGUMENT_TEXT ? strlen(word) : strcspn(word, " \t");
	int64_t number;
	switch (kind) {
	case ARGUMENT_NONE:
		return !*word;
	case ARGUMENT_NUMBER:
	case ARGUMENT_TARGET:
	case ARGUMENT_SECONDS:
		if (!take_number(word, bytes, number_max(kind), &number))
			return false;
		request_set_number(request, (enum request_number)field, number);
		break;
	case ARGUMENT_ROOM:
		if (!set_signed(request, (enum request_text)field, *word == '@' ? '@' : '#', word, bytes))
			return false;
		break;
	case ARGUMENT_NAME:
		if (field == REQUEST_TEXT_ROOM) {
			if (!set_signed(request, REQUEST_TEXT_ROOM, '@', word, bytes))
				return false;
			break;
		}
		/* fallthrough */
	default:
		if (bytes > request_text_max((enum request_text)field))
			return false;
		request_set_text(request, (enum request_text)field, word, bytes);
	}
	*line = skip_spaces(word + bytes);
	return true;
}

static bool take_arguments(struct request *request, const struct command *command, const char *line)
{
	for (int i = 0; i < COMMAND_ARGUMENTS_MAX && command->arguments[i].kind; i++) {
		bool is_optional = command->arguments[i].is_optional;
		if (!*line && !is_optional)
			return false;
		if (!*line)
			continue;
		/* "/mute mario he shouts": the optional number was left out. */
		bool may_be_absent = is_optional && command->arguments[i].kind == ARGUMENT_SECONDS;
		if (!take_argument(request, command, i, &line) && !may_be_absent)
			return false;
	}
	return !*line;
}

enum command_result command_parse(const char *line, struct request **request, char *wrong, size_t wrong_bytes)
{
	const char *name = line + 1;
	size_t length = strcspn(name, " \t");
	const struct command *command = NULL;
	for (size_t i = 0; i < commands_count && !command; i++)
		if (strlen(commands[i].name) == length && !strncmp(commands[i].name, name, length))
			command = &commands[i];
	if (!command) {
		snprintf(wrong, wrong_bytes, "/%.*s", (int)length, name);
		return COMMAND_UNKNOWN;
	}
	struct request *made = request_new(command->op, strlen(line) + 8);
	made->is_command = true;
	if (!take_arguments(made, command, skip_spaces(name + length))) {
		request_free(made);
		snprintf(wrong, wrong_bytes, "/%s%s%s", command->name, *command->arguments_text ? " " : "",
			 command->arguments_text);
		return COMMAND_USAGE;
	}
	if (!strcmp(command->name, "me"))
		request_set_number(made, REQUEST_NUMBER_ACTION, 1);
	if (command->op == REQUEST_REACT)
		request_set_number(made, REQUEST_NUMBER_ON, 1);
	*request = made;
	return COMMAND_OK;
}
