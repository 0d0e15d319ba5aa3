/* The commands that can be typed after a '/', for running, /help and completion: the lines of base/operations.h, and those
 * that this client has besides or does in its own way.
 *
 * Layer: client. */
#ifndef BRUSIO_CLIENT_COMMANDS_H
#define BRUSIO_CLIENT_COMMANDS_H

#include "base/operation.h"
#include "client/client.h"

/* The groups of /help, in its order. */
enum commands_group {
	GROUP_TALK,
	GROUP_ROOMS,
	GROUP_PEOPLE,
	GROUP_ORDER,
	GROUP_ACCOUNT,
	GROUP_CLIENT,
	GROUP_COUNT
};

#define COMMANDS_ALIASES_MAX 3

enum commands_completes {
	COMPLETES_NOTHING,
	COMPLETES_NAMES,
	COMPLETES_ROOMS,
	COMPLETES_ROLES,
	COMPLETES_SWITCHES,
	COMPLETES_COMMANDS,
	COMPLETES_SETTINGS,
	COMPLETES_REVOKE,
	COMPLETES_LEVELS,
	COMPLETES_PLACES,
	COMPLETES_PATHS, /* and all words behind it */
};

struct client_command {
	const char *name;
	enum text usage, about; /* TEXT_NONE as usage: the one of its row */
	enum commands_group group;
	const char *aliases[COMMANDS_ALIASES_MAX]; /* other words for it */
	/* False where `argument` is not what the command takes: then its usage is shown. */
	bool (*run)(struct client *client, const char *argument);
	enum commands_completes completes[OPERATION_ARGUMENTS_MAX]; /* its first words */
	const struct operation_command *row; /* without `run`: the line of base/operations.h that it is */
};

/* Runs "msg anna ciao": a line without its '/'. */
void commands_run(struct client *client, const char *line);

/* Whether "msg anna ciao" begins with the word of a command, in full or cut short. */
bool commands_know(const char *line);

/* The table; NULL past its end. */
const struct client_command *commands_at(size_t index);
/* By its name, or another word for it. */
const struct client_command *commands_find(const char *name, size_t length);
/* Adds "  /name ARGUMENT  what it does". */
void commands_write_help(const struct client *client, const struct client_command *command,
			 struct buffer *to);
/* The title of the group in /help. */
enum text commands_heading(enum commands_group group);
/* The words that /set takes; NULL past the end. */
const char *commands_setting(size_t index);
/* A word of an argument that means nothing: says what is possible. */
void commands_unknown_word(struct client *client, const char *word, const char *name);

/* commands_say.c: what says something, or changes what was said. */
bool commands_me(struct client *client, const char *argument);
bool commands_query(struct client *client, const char *argument);
bool commands_msg(struct client *client, const char *argument);
bool commands_reply(struct client *client, const char *argument);
bool commands_edit(struct client *client, const char *argument);
bool commands_delete(struct client *client, const char *argument);
bool commands_react(struct client *client, const char *argument);
bool commands_unreact(struct client *client, const char *argument);

/* commands_file.c: files. */
bool commands_send(struct client *client, const char *argument);
bool commands_save(struct client *client, const char *argument);
bool commands_open(struct client *client, const char *argument);

/* commands_ask.c: what asks the server. */
bool commands_list(struct client *client, const char *argument);
bool commands_rooms(struct client *client, const char *argument);
bool commands_join(struct client *client, const char *argument);
bool commands_leave(struct client *client, const char *argument);
bool commands_nick(struct client *client, const char *argument);
bool commands_topic(struct client *client, const char *argument);
bool commands_history(struct client *client, const char *argument);
bool commands_read(struct client *client, const char *argument);
bool commands_goto(struct client *client, const char *argument);
bool commands_search(struct client *client, const char *argument);
bool commands_set(struct client *client, const char *argument);
/* False where the room would become public by what was typed, and the user was asked whether they mean it. */
bool commands_may_show_past(struct client *client);
/* commands_request.c: a line of base/operations.h becomes its request. */
bool commands_request(struct client *client, const struct operation_command *row, const char *argument);

/* Tells where there is no line, or no room to be in. */
void commands_asked(struct client *client, bool has_line);
bool commands_need_room(struct client *client);

#endif
