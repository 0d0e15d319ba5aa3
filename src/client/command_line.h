/* Runs a command of the user's configuration beside the chat: for a notification, for a link.
 *
 * Layer: client. */
#ifndef BRUSIO_CLIENT_COMMAND_LINE_H
#define BRUSIO_CLIENT_COMMAND_LINE_H

#include <stdbool.h>

struct command_variable {
	const char *name, *value;
};

/* The shell runs `command` with `argument` as $1, and with the variables, up to one without a name; both may be NULL.
 * It is not waited for, and it has no terminal. Texts of others never become a part of the command itself. False where
 * it cannot be begun. */
bool command_line_run(const char *command, const char *argument, const struct command_variable *variables);

/* The same in place of this process, a child that has not blocked or changed anything of its own; keeps the terminal. */
_Noreturn void command_line_exec(const char *command, const char *argument);

#endif
