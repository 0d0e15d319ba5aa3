/* What can be typed after a '/': one table for running, /help and completion.
 *
 * Layer: client. */
#ifndef BRUSIO_CLIENT_COMMANDS_H
#define BRUSIO_CLIENT_COMMANDS_H

#include "client/client.h"

#define COMMANDS_WORDS_MAX  2 /* whose completion the table knows */
#define COMMANDS_FIELDS_MAX 3

enum commands_completes {
	COMPLETES_NOTHING,
	COMPLETES_NAMES,
	COMPLETES_ROOMS,
	COMPLETES_ROLES,
	COMPLETES_COMMANDS
};

/* A part of the argument that goes into a request as it is. */
enum commands_part {
	PART_NONE,
	PART_WORD, /* one word, needed */
	PART_SPAN, /* "10m", "2h", "90": optional */
	PART_TEXT, /* all the rest, optional */
};

struct client_command {
	const char *name;
	/* False where `argument` is not what the command takes: then its usage is shown. NULL: it is the
	 * request `op`. */
	bool (*run)(struct client *client, const char *argument);
	enum commands_completes completes[COMMANDS_WORDS_MAX]; /* its first words */
	const char *op;
	bool is_in_room; /* the request names the current room */
	struct {
		const char *key;
		enum commands_part part;
	} fields[COMMANDS_FIELDS_MAX];
};

/* Runs "msg anna ciao": a line without its '/'. */
void commands_run(struct client *client, const char *line);

/* The table; NULL past its end. */
const struct client_command *commands_at(size_t index);
const struct client_command *commands_find(const char *name, size_t length);

/* commands_say.c: what says something, or changes what was said. */
bool commands_me(struct client *client, const char *argument);
bool commands_msg(struct client *client, const char *argument);
bool commands_reply(struct client *client, const char *argument);
bool commands_edit(struct client *client, const char *argument);
bool commands_delete(struct client *client, const char *argument);
bool commands_react(struct client *client, const char *argument);
bool commands_unreact(struct client *client, const char *argument);

/* commands_ask.c: what asks the server. */
bool commands_list(struct client *client, const char *argument);
bool commands_rooms(struct client *client, const char *argument);
bool commands_join(struct client *client, const char *argument);
bool commands_leave(struct client *client, const char *argument);
bool commands_nick(struct client *client, const char *argument);
bool commands_topic(struct client *client, const char *argument);
bool commands_history(struct client *client, const char *argument);
bool commands_search(struct client *client, const char *argument);
bool commands_set(struct client *client, const char *argument);
/* A command of the table without a function of its own. */
bool commands_request(struct client *client, const struct client_command *command, const char *argument);

/* Tells where there is no line, or no room to be in. */
void commands_asked(struct client *client, bool has_line);
bool commands_need_room(struct client *client);

#endif
