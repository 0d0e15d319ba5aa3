/* Calls the user when something is said that they want to hear of and do not look at: by the front (a bell, the
 * desktop), and by the command of their configuration.
 *
 * Calls that come close behind are gathered and told once.
 *
 * Layer: client. */
#ifndef BRUSIO_CLIENT_ATTENTION_H
#define BRUSIO_CLIENT_ATTENTION_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct client;
struct session_room;

/* A call for the user: the last message, and how many there are with it. Cleaned for a terminal. */
struct attention_note {
	char *room, *name, *text;
	int64_t count;
};

/* Zeroed, nothing was said. */
struct attention {
	struct attention_note note; /* `count` 0: nothing waits */
	int64_t quiet_until_ms;
};

void attention_release(struct attention *attention);

/* A message of somebody else came, live. */
void attention_message(struct client *client, const struct session_room *room, const json_t *object,
		       bool is_meant);

/* When attention_tend() has something to do; INT64_MAX for never. */
int64_t attention_deadline(const struct attention *attention);
void attention_tend(struct client *client, int64_t now_ms);

#endif
