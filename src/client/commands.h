/* What can be typed after a '/': one table for running, /help and completion.
 *
 * Layer: client. */
#ifndef BRUSIO_CLIENT_COMMANDS_H
#define BRUSIO_CLIENT_COMMANDS_H

#include "client/client.h"

#define COMMAND_WORDS_MAX  2 /* whose completion the table knows */
#define COMMAND_FIELDS_MAX 3

enum command_completes {
	COMPLETES_NOTHING,
	COMPLETES_NAMES,
	COMPLETES_ROOMS,
	COMPLETES_ROLES,
	COMPLETES_COMMANDS
};

/* A part of the argument that goes into a request as it is. */
enum command_part {
	PART_NONE,
	PART_WORD, /* one word, needed */
	PART_SPAN, /* "10m", "2h", "90": optional */
	PART_TEXT, /* all the rest, optional */
};

struct command {
	const char *name;
	/* False where `argument` is not what the command takes: then its usage is shown. NULL: it is the
	 * request `op`. */
	bool (*run)(struct client *client, const char *argument);
	enum command_completes completes[COMMAND_WORDS_MAX]; /* its first words */
	const char *op;
	bool is_in_room; /* the request names the current room */
	struct {
		const char *key;
		enum command_part part;
	} fields[COMMAND_FIELDS_MAX];
};

/* Runs "msg anna ciao": a line without its '/'. */
void commands_run(struct client *client, const char *line);

/* The table; NULL past its end. */
const struct command *commands_at(size_t index);
const struct command *commands_find(const char *name, size_t length);

/* commands_say.c: what says something, or changes what was said. */
bool command_me(struct client *client, const char *argument);
bool command_msg(struct client *client, const char *argument);
bool command_reply(struct client *client, const char *argument);
bool command_edit(struct client *client, const char *argument);
bool command_delete(struct client *client, const char *argument);
bool command_react(struct client *client, const char *argument);
bool command_unreact(struct client *client, const char *argument);

/* commands_ask.c: what asks the server. */
bool command_list(struct client *client, const char *argument);
bool command_rooms(struct client *client, const char *argument);
bool command_join(struct client *client, const char *argument);
bool command_leave(struct client *client, const char *argument);
bool command_nick(struct client *client, const char *argument);
bool command_topic(struct client *client, const char *argument);
bool command_history(struct client *client, const char *argument);
bool command_search(struct client *client, const char *argument);
bool command_set(struct client *client, const char *argument);
/* A command of the table without a function of its own. */
bool command_request(struct client *client, const struct command *command, const char *argument);

/* Tells where there is no line, or no room to be in. */
void commands_asked(struct client *client, bool has_line);
bool commands_need_room(struct client *client);

#endif
