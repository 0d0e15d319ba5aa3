/* The rooms that a session knows. rooms.c also holds what session.h and session_state.h say of them.
 *
 * Layer: session, pure. */
#ifndef BRUSIO_SESSION_ROOMS_H
#define BRUSIO_SESSION_ROOMS_H

#include "session/place.h"
#include "session/names.h"
#include "session/roomlog.h"

enum session_room_state {
	SESSION_ROOM_OUTSIDE, /* to be joined as soon as there is a line */
	SESSION_ROOM_JOINING, /* the server was asked */
	SESSION_ROOM_INSIDE,
};

struct session_room {
	char *name; /* "#lobby", as the server writes it once we are inside */
	enum session_room_state state;
	bool has_place; /* we were inside once: resume at the place */
	char *epoch;    /* of the log that the place stands in */
	struct place place;
	unsigned history_wanted;       /* messages still to be shown before the live ones */
	int64_t since_low, since_high; /* what is looked for stands behind the first, up to the second */
	int64_t sought_ms;             /* ... and was said from then on */
	int64_t sought;                /* the message that was found, for who looks at a page; 0 for none */
	int64_t caught_up;             /* entries up to this one were said before we came */
	bool is_loading;               /* they were asked for: what comes live waits */
	bool is_entered;               /* they were shown, and the user told that we are inside */
	bool is_filling;               /* missing entries were asked for */
	int64_t gap_from;              /* the missing entry that we wait for, 0 for none */
	int64_t gap_deadline_ms;       /* when waiting for it ends */
	char *topic;
	int64_t count;        /* people inside when we joined */
	struct names members; /* as far as known */
	struct roomlog log;
	int64_t read;      /* the last entry that the user has read, here or on another device */
	int64_t read_told; /* ... as far as the server knows */
	int64_t unread;    /* messages of others behind it */
	int64_t mentions;  /* those of them that are meant for us */
	int64_t counted;   /* the last entry that `unread` has, as far as the server counted */
	int64_t unseen;    /* messages from behind `read` up to this one were never shown; 0 where none is */
	char rank;         /* ours: 'o'wner, 'm'oderator, 's'peaker, or 0 */
	bool knows_read;   /* the server told `read` */
	bool is_held;      /* the user looks at older messages: the log keeps its top */
	bool is_private, is_muted;
	bool is_gone;  /* a direct conversation with somebody who is gone for good: nothing can be said */
	bool is_quiet; /* the account was in it before: entering it is not announced */
};

void session_room_free(struct session_room *room);

/* A conversation with one other, rather than a room. */
bool session_room_is_direct(const struct session_room *room);

/* The user has read up to `seq`. */
void session_room_mark_read(struct session_room *room, int64_t seq);

/* The line broke. What was acknowledged and shown stays known. */
void session_room_line_broke(struct session_room *room);

#endif
