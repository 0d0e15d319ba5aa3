/* A room as the client knows it.
 *
 * Layer: client, pure. */
#ifndef BRUSIO_CLIENT_ROOM_H
#define BRUSIO_CLIENT_ROOM_H

#include "client/cursor.h"
#include "client/names.h"
#include "client/recent.h"

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
	struct recent recent;
	int64_t read;      /* the last entry that the user has read, here or on another device */
	int64_t read_told; /* ... as far as the server knows */
	int64_t unread;    /* messages of others behind it */
	bool is_quiet;     /* the account was in it before: entering it is no news */
};

struct room *room_new(const char *name);
void room_free(struct room *room);

/* A conversation with one other, rather than a room. */
bool room_is_direct(const struct room *room);

/* The user has read up to `seq`. */
void room_mark_read(struct room *room, int64_t seq);

/* The line broke. What was acknowledged and shown stays known. */
void room_line_broke(struct room *room);

#endif
