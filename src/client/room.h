/* A room as the client knows it.
 *
 * Layer: client, pure. */
#ifndef BRUSIO_CLIENT_ROOM_H
#define BRUSIO_CLIENT_ROOM_H

#include "client/cursor.h"
#include "client/names.h"

enum room_state {
	ROOM_OUTSIDE, /* to be joined as soon as there is a line */
	ROOM_JOINING, /* the server was asked */
	ROOM_INSIDE,
};

struct room {
	char *name; /* "#lobby", as the server writes it once we are inside */
	enum room_state state;
	bool has_cursor; /* we were inside once: resume at the cursor */
	char *epoch;     /* of the log that the cursor stands in */
	struct cursor cursor;
	unsigned history_wanted; /* messages still to be shown before the live ones */
	bool is_loading;         /* they were asked for: what comes live waits */
	bool is_entered;         /* they were shown, and the user told that we are inside */
	bool is_filling;         /* missing entries were asked for */
	int64_t gap_from;        /* the missing entry that we wait for, 0 for none */
	int64_t gap_deadline_ms; /* when waiting for it ends */
	char *topic;
	int64_t count;        /* people inside when we joined */
	struct names members; /* as far as known */
};

struct room *room_new(const char *name);
void room_free(struct room *room);

/* The line broke. What was acknowledged and shown stays known. */
void room_line_broke(struct room *room);

#endif
