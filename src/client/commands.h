/* What can be typed after a '/': one table for running, /help and completion.
 *
 * Layer: client. */
#ifndef BRUSIO_CLIENT_COMMANDS_H
#define BRUSIO_CLIENT_COMMANDS_H

#include "client/client.h"

enum command_completes { COMPLETES_NOTHING, COMPLETES_NAMES, COMPLETES_ROOMS };

struct command {
	const char *name;
	/* False where `argument` is not what the command takes: then its usage is shown. */
	bool (*run)(struct client *client, const char *argument);
	enum command_completes completes; /* its first word */
};

/* Runs "msg anna ciao": a line without its '/'. */
void commands_run(struct client *client, const char *line);

/* The table; NULL past its end. */
const struct command *commands_at(size_t index);
const struct command *commands_find(const char *name, size_t length);

#endif
