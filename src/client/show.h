/* Puts what the server pushes into words, for a terminal or for a pipe.
 *
 * Layer: client (jansson), pure. Everything that others wrote goes through clean.h. */
#ifndef BRUSIO_CLIENT_SHOW_H
#define BRUSIO_CLIENT_SHOW_H

#include "base/buffer.h"
#include "session/outbox.h"
#include "session/roomlog.h"
#include "wire/lang.h"

#include <jansson.h>
#include <stdbool.h>

struct show {
	enum lang lang;
	bool has_colour;
	bool has_stamps;           /* "14:05 " before every line */
	bool has_numbers;          /* the number of a message before it, as /reply and the like take it */
	const char *own_name;      /* borrowed; mentions of it are highlighted */
	const char *room;          /* borrowed, may be NULL: the room that needs not be named */
	const struct roomlog *log; /* borrowed, may be NULL: what replies and reactions may be about */
};

/* Adds the line (with further, indented ones where the text has several) for an entry or another pushed
 * object, without a newline at the end. False where there is nothing to show. */
bool show_object(const struct show *show, struct buffer *to, const json_t *object);

/* The line for something that we say ourselves, now. */
void show_own(const struct show *show, struct buffer *to, const struct outbox_item *item);

/* A line of ours: "-- text", or for what went wrong "!! text". */
void show_note(const struct show *show, struct buffer *to, const char *text);
void show_problem(const struct show *show, struct buffer *to, const char *text);

#endif
