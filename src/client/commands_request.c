/* A typed line of base/operations.h becomes its request. */
#include "base/clock.h"
#include "base/memory.h"
#include "base/switch_word.h"
#include "client/commands.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "90", "10m", "2h", "7d" in seconds; 0 where it is not a span. */
static int64_t request_span(const char *word)
{
	size_t digits = strspn(word, "0123456789");
	int64_t span_ms;
	if (digits && digits < 10 && !word[digits])
		return strtoll(word, NULL, 10);
	return clock_parse_span(word, &span_ms) ? span_ms / 1000 : 0;
}

static bool request_take_number(struct session_field *field, const struct operation_argument *argument,
				const char *word)
{
	const struct request_number_field *known = request_number_field((enum request_number)argument->field);
	/* A message is meant by its number with a "#", as it is shown; here nothing else could be. */
	word += argument->kind == ARGUMENT_TARGET && *word == '#';
	size_t digits = strspn(word, "0123456789");
	field->key = known->name;
	field->number = argument->kind == ARGUMENT_SECONDS ? request_span(word) : strtoll(word, NULL, 10);
	bool is_number = argument->kind == ARGUMENT_SECONDS || (digits && digits < 16 && !word[digits]);
	return is_number && field->number >= known->low && field->number <= known->high;
}

static bool take_switch(struct session_field *field, const struct operation_argument *argument,
			const char *word)
{
	bool is_on = false, is_one = switch_word(word, strlen(word), &is_on);
	field->key = request_number_field((enum request_number)argument->field)->name;
	field->is_bool = true;
	field->number = is_on;
	return is_one;
}

/* False: the word is not of the argument's kind. */
static bool request_take_word(struct session_field *field, const struct operation_argument *argument,
			      const char *word)
{
	*field = (struct session_field){0};
	switch (argument->kind) {
	case ARGUMENT_COUNT:
	case ARGUMENT_TARGET:
	case ARGUMENT_SECONDS:
	case ARGUMENT_DAYS:
		return request_take_number(field, argument, word);
	case ARGUMENT_SWITCH:
		return take_switch(field, argument, word);
	default:
		field->key = request_text_name((enum request_text)argument->field);
		field->text = word;
		return true;
	}
}

/* Cuts the arguments off `line`, which the fields point into. Returns how many fields there are; -1: the line
 * is not what the command takes. */
static int take_arguments(const struct operation_command *row, char *line, struct session_field *fields)
{
	int count = 0;
	for (int i = 0; i < OPERATION_ARGUMENTS_MAX && row->arguments[i].kind; i++) {
		const struct operation_argument *argument = &row->arguments[i];
		char *end = line + (argument->kind == ARGUMENT_TEXT ? strlen(line) : strcspn(line, " "));
		char *next = end + strspn(end, " "), kept = *end;
		if (!*line && argument->is_needed)
			return -1;
		if (!*line)
			continue;
		*end = '\0';
		if (request_take_word(&fields[count], argument, line)) {
			count++;
			line = next;
			continue;
		}
		/* "/mute ugo he shouts": the span was left out. */
		if (argument->is_needed || argument->kind != ARGUMENT_SECONDS)
			return -1;
		*end = kept;
	}
	return *line ? -1 : count;
}

/* Whether the word is one of "owner|moderator|member". */
static bool request_is_listed(const char *list, const char *word)
{
	size_t length = strlen(word);
	for (const char *at = list; at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL)
		if (strcspn(at, "|") == length && !strncmp(at, word, length))
			return true;
	return false;
}

/* The first word that is none of those that its argument may be, or NULL. */
static const char *unknown_word(const struct operation_command *row, const struct session_field *fields,
				int count)
{
	for (int i = 0; i < OPERATION_ARGUMENTS_MAX && row->arguments[i].kind == ARGUMENT_NAME; i++)
		if (i + 1 < count && row->arguments[i + 1].kind == ARGUMENT_WORD &&
		    strchr(row->arguments[i + 1].shown, '|') &&
		    !request_is_listed(row->arguments[i + 1].shown, fields[i + 1].text))
			return fields[i + 1].text;
	return NULL;
}

static bool makes_public(const struct operation_command *row, const struct session_field *fields, int count)
{
	const char *key = request_number_field(REQUEST_NUMBER_PRIVATE)->name;
	return row->op == REQUEST_SET && count > 0 && !strcmp(fields[0].key, key) && !fields[0].number;
}

/* The room where it is typed, for what is about that one; NULL: it is about none, or names it. */
static const char *request_room(const struct client *client, const struct operation_command *row)
{
	const struct operation *operation = operation_of(row->op);
	bool needs_room = operation->needs & OPERATION_TEXT_FIELD(REQUEST_TEXT_ROOM);
	bool is_here = row->preset < 0 && operation_is(row->op, OPERATION_HERE);
	return needs_room || is_here ? client->room : NULL;
}

bool commands_request(struct client *client, const struct operation_command *row, const char *argument)
{
	const struct operation *operation = operation_of(row->op);
	struct session_field fields[OPERATION_ARGUMENTS_MAX + 1];
	char *line = mem_string(argument);
	int count = take_arguments(row, line, fields);
	bool is_in_room = operation->needs & OPERATION_TEXT_FIELD(REQUEST_TEXT_ROOM);
	if (count >= 0 && row->preset >= 0) {
		const struct request_number_field *known =
		    request_number_field((enum request_number)row->preset);
		fields[count++] = (struct session_field){
		    .key = known->name, .number = row->preset_value, .is_bool = known->is_bool};
	}
	assert(operation->name);
	const char *unknown = count > 0 ? unknown_word(row, fields, count) : NULL;
	if (unknown) {
		commands_unknown_word(client, unknown, row->name);
		free(line);
		return true;
	}
	if (count >= 0 && (!is_in_room || commands_need_room(client)) &&
	    (!makes_public(row, fields, count) || commands_may_show_past(client)))
		commands_asked(client, session_ask_fields(client->session, operation->name,
							  request_room(client, row), fields, (size_t)count));
	free(line);
	return count >= 0;
}
