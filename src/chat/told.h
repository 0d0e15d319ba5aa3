/* What this node tells the others without storing it, and what it hears from them: who is connected and reads which rooms,
 * and the events of rooms (typing, away, kicks and the like).
 *
 *   chat --told_...()--> lines --store: tell()--> ... --store: heard()--> told_heard() --> distant.h, batch_event()
 *
 * A line is fields with tabs between them, in UTF-8; what a field may not hold is written as \t, \n and \\, and \0 is NULL:
 *
 *   =                                        all that is to be known of this node follows, up to "."
 *   + PERSON FLAGS PAGES IP USER-NAME REAL-NAME          is connected, or looks otherwise; FLAGS: B a program
 *   - PERSON                                 is not
 *   a PERSON AWAY                            is away, or back, as they have said here last
 *   > PERSON ROOM FLAGS WIDE                 reads the room; FLAGS: N as a new member
 *   < PERSON ROOM REASON WIDE                does not
 *   !                                        it stops: its people go elsewhere
 *   e ...                                    an event of a room: told.c
 *
 *  1. What is heard is not told again.
 *  2. It changes nothing that is stored, or that decides what somebody may do.
 *
 * Layer: chat, private to it. Threads: the chat thread's alone. Without nodes all of it does nothing; the lines of a node that is
 * alone are dropped by its store. */
#ifndef BRUSIO_CHAT_TOLD_H
#define BRUSIO_CHAT_TOLD_H

#include "base/entry.h"
#include "chat/rooms/room.h"

struct chat;

struct told {
	int64_t all_ms;     /* when everything was told last */
	bool is_asked;      /* it is to be told again */
	bool is_hearing;    /* 1; also while news of others are applied */
	struct buffer line; /* scratch */
};

void told_release(struct told *told);

/* The user is connected here, or looks otherwise than before. */
void told_came(struct chat *chat, const struct user *user);
/* They have said here that they are away, or back. */
void told_away(struct chat *chat, const struct user *user);
/* One of their connections has ended, or this node does not wait for them any more. */
void told_went(struct chat *chat, int64_t person);
/* The member reads the room here, as the first of the user's connections. */
void told_reads(struct chat *chat, const struct member *member);
void told_left(struct chat *chat, int64_t person, int64_t room_id, const char *reason);
/* An event that is shown here. `by`: its words are theirs, and not for those who have blocked them; or NULL. */
void told_event(struct chat *chat, const struct room *room, const struct user *by, const struct entry *event);

/* Another node has told these lines. */
void told_heard(struct chat *chat, int64_t node, const char *lines);
/* Another node wants to know everything; it is told once a second at most, and not while much waits to be told. */
void told_asked(struct chat *chat);
/* This node ends: its people go elsewhere. */
void told_end(struct chat *chat);
/* What is due. */
void told_run(struct chat *chat);

#endif
