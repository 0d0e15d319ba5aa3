#include "chat/talk/command.h"

#include "base/limits.h"
#include "base/operation.h"
#include "base/switch_word.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *skip_command_spaces(const char *text)
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

static bool command_take_number(struct request *request, enum request_number field, const char *word,
				size_t bytes)
{
	const struct request_number_field *known = request_number_field(field);
	char digits[20];
	if (!bytes || bytes >= sizeof digits || strspn(word, "0123456789") < bytes)
		return false;
	memcpy(digits, word, bytes);
	digits[bytes] = '\0';
	int64_t number = strtoll(digits, NULL, 10);
	if (number < known->low || number > known->high)
		return false;
	request_set_number(request, field, number);
	return true;
}

static bool command_take_switch(struct request *request, enum request_number field, const char *word,
				size_t bytes)
{
	bool is_on;
	if (!switch_word(word, bytes, &is_on))
		return false;
	request_set_number(request, field, is_on);
	return true;
}

static bool take_command_text(struct request *request, enum request_text field, const char *word,
			      size_t bytes)
{
	if (bytes > request_text_max(field))
		return false;
	request_set_text(request, field, word, bytes);
	return true;
}

/* False: the word is not of the argument's kind. */
static bool command_take_word(struct request *request, const struct operation_argument *argument,
			      const char *word, size_t bytes)
{
	enum request_text text = (enum request_text)argument->field;
	enum request_number number = (enum request_number)argument->field;
	switch (argument->kind) {
	case ARGUMENT_NONE:
		return false;
	case ARGUMENT_COUNT:
	case ARGUMENT_TARGET:
	case ARGUMENT_SECONDS:
	case ARGUMENT_DAYS:
		return command_take_number(request, number, word, bytes);
	case ARGUMENT_SWITCH:
		return command_take_switch(request, number, word, bytes);
	case ARGUMENT_ROOM:
		return set_signed(request, text, *word == '@' ? '@' : '#', word, bytes);
	case ARGUMENT_NAME:
		if (text == REQUEST_TEXT_ROOM)
			return set_signed(request, text, '@', word, bytes);
		break;
	case ARGUMENT_WORD:
	case ARGUMENT_TEXT:
		break;
	}
	return take_command_text(request, text, word, bytes);
}

static bool command_take_arguments(struct request *request, const struct operation_command *command,
				   const char *line)
{
	for (int i = 0; i < OPERATION_ARGUMENTS_MAX && command->arguments[i].kind; i++) {
		const struct operation_argument *argument = &command->arguments[i];
		size_t bytes = argument->kind == ARGUMENT_TEXT ? strlen(line) : strcspn(line, " \t");
		if (!bytes && argument->is_needed)
			return false;
		if (bytes && command_take_word(request, argument, line, bytes))
			line = skip_command_spaces(line + bytes);
		/* "/mute mario too loud": the seconds were left out. */
		else if (bytes && (argument->is_needed || argument->kind != ARGUMENT_SECONDS))
			return false;
	}
	return !*line;
}

enum command_result command_parse(const char *line, struct request **request, char wrong[COMMAND_WRONG_BYTES])
{
	const char *name = line + 1;
	size_t length = strcspn(name, " \t");
	const struct operation_command *command = operation_find_command(name, length);
	if (!command) {
		snprintf(wrong, COMMAND_WRONG_BYTES, "/%.*s", (int)length, name);
		return COMMAND_UNKNOWN;
	}
	struct request *made = request_new(command->op, strlen(line) + 8);
	made->is_command = true;
	if (command->preset >= 0)
		request_set_number(made, (enum request_number)command->preset, command->preset_value);
	if (!command_take_arguments(made, command, skip_command_spaces(name + length))) {
		request_free(made);
		operation_usage(command, wrong);
		return COMMAND_USAGE;
	}
	*request = made;
	return COMMAND_OK;
}
