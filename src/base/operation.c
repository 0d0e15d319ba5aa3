#include "base/operation.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define PLAIN      OPERATION_PLAIN
#define GREETS     OPERATION_GREETS
#define IN_ROOM    OPERATION_IN_ROOM
#define SAYS       OPERATION_SAYS
#define LISTS      OPERATION_LISTS
#define PAGES      OPERATION_PAGES
#define UNANSWERED OPERATION_UNANSWERED
#define HERE       OPERATION_HERE

#define T(field) OPERATION_TEXT_FIELD(REQUEST_TEXT_##field)
#define N(field) OPERATION_NUMBER_FIELD(REQUEST_NUMBER_##field)

static const struct operation operations[] = {
#define X(id, name, needs, may, flags, answer, ...) [REQUEST_##id] = {#name, needs, may, flags, answer},
    OPERATIONS(X)
#undef X
#define X(id, name, needs, may, flags, answer, ...) [REQUEST_##id] = {NULL, needs, may, flags, answer},
	OPERATIONS_INSIDE(X)
#undef X
};

_Static_assert((int)REQUEST_TEXT_COUNT <= OPERATION_NUMBER_BIT, "a bit for each text");
_Static_assert(OPERATION_NUMBER_BIT + (int)REQUEST_NUMBER_COUNT <= 64, "a bit for each number");

#define SETS_NOTHING                   -1, 0
#define SETS(number, value)            REQUEST_NUMBER_##number, value
#define NEED(kind, shown, field)       {ARGUMENT_##kind, true, shown, REQUEST_##field},
#define MAY(kind, shown, field)        {ARGUMENT_##kind, false, shown, REQUEST_##field},
#define COMMAND(id, name, preset, ...) {#name, TEXT_command_help_##name, REQUEST_##id, preset, {__VA_ARGS__}},

const struct operation_command operation_commands[] = {
#define X(id, name, needs, may, flags, answer, ...) __VA_ARGS__
    OPERATIONS_INSIDE(X) OPERATIONS(X)
#undef X
};

const size_t operation_commands_count = sizeof operation_commands / sizeof *operation_commands;

const struct operation *operation_of(enum request_op op)
{
	assert((size_t)op < sizeof operations / sizeof *operations);
	return &operations[op];
}

int operation_find(const char *name, size_t length)
{
	for (size_t op = 0; op < sizeof operations / sizeof *operations && operations[op].name; op++)
		if (strlen(operations[op].name) == length && !memcmp(operations[op].name, name, length))
			return (int)op;
	return -1;
}

const struct operation_command *operation_find_command(const char *name, size_t length)
{
	for (size_t i = 0; i < operation_commands_count; i++) {
		const struct operation_command *command = &operation_commands[i];
		if (strlen(command->name) == length && !memcmp(command->name, name, length))
			return command;
	}
	return NULL;
}

void operation_usage(const struct operation_command *command, char usage[OPERATION_USAGE_BYTES])
{
	size_t at = (size_t)snprintf(usage, OPERATION_USAGE_BYTES, "/%s", command->name);
	for (int i = 0; i < OPERATION_ARGUMENTS_MAX && command->arguments[i].kind; i++) {
		const struct operation_argument *argument = &command->arguments[i];
		at += (size_t)snprintf(usage + at, OPERATION_USAGE_BYTES - at,
				       argument->is_needed ? " %s" : " [%s]", argument->shown);
		assert(at < OPERATION_USAGE_BYTES);
	}
}
