/* The commands that people type: one table, from which the parser, /help and the documents come.
 *
 * Layer: chat, pure. "/nick mario" becomes the same request as {"op":"nick","name":"mario"}. */
#ifndef BRUSIO_CHAT_COMMAND_H
#define BRUSIO_CHAT_COMMAND_H

#include "base/request.h"

enum command_argument {
	ARGUMENT_NONE,
	ARGUMENT_NAME,   /* a user */
	ARGUMENT_ROOM,   /* "#room"; its '#' may be left out */
	ARGUMENT_NUMBER, /* how many */
	ARGUMENT_TARGET, /* the number of a message */
	ARGUMENT_SECONDS,
	ARGUMENT_WORD, /* a role, an emoji */
	ARGUMENT_TEXT  /* the rest of the line */
};

#define COMMAND_ARGUMENTS_MAX 3

struct command {
	const char *name;
	enum request_op op;
	struct {
		enum command_argument kind;
		bool is_optional;
		int field; /* of enum request_text or request_number, as the kind needs */
	} arguments[COMMAND_ARGUMENTS_MAX];
	const char *arguments_text; /* "NAME [REASON]" */
};

extern const struct command commands[];
extern const size_t commands_count;

enum command_result {
	COMMAND_OK,
	COMMAND_UNKNOWN, /* no such command: `wrong` is its name */
	COMMAND_USAGE    /* `wrong` is the right usage: "/nick NAME" */
};

/* `line` begins with '/'. On COMMAND_OK `*request` is the caller's. */
enum command_result command_parse(const char *line, struct request **request, char *wrong,
				  size_t wrong_bytes);

#endif
