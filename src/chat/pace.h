/* The pace of what others are told and of rooms that are made: one that people can read, and that leaves
 * room.
 *
 *   told     what goes to people without being an entry: nick, profile, away, join, leave, topic, invite, typing, ...
 * and changes of what is one's own, each of which is stored, or told to other nodes: settings, block, token, link, totp,
 * visible, ...
 * Each person has `told_burst` turns at once and `told_per_second` later; what reaches many rooms takes many.
 *   said     an account's people and its programs store entries at `account_rate` and `token_rate`, ENTRIES_AT_ONCE
 *            seconds' worth at once.
 *   crowds   the guests of an address and its accounts of the last `account_young_hours` together have others told of, say
 *            and send as files no more than `guests_count_as` people: else whoever comes again as another guest, or makes
 *            another account, could do so without end.
 *   rooms    an address makes `rooms_made_per_hour`, as many at once; of those that its guests made at most a
 *            ROOMS_SHARE of rooms_max stand that no account has come into. A guest is in `rooms_per_guest`.
 *   guests   an address makes `guests_made_per_hour`, as many at once.
 *   directs  an account, or all guests of one address, begin `directs_per_hour` conversations, as many at once; its new
 *            accounts together as many as the people whom they count as.
 *
 * Layer: chat, private to it. Threads: the chat thread's alone. */
#ifndef BRUSIO_CHAT_PACE_H
#define BRUSIO_CHAT_PACE_H

#include "base/request.h"
#include "chat/rooms/room.h"

#include <stdbool.h>

struct chat;
struct pace;

struct pace *pace_new(void);
void pace_free(struct pace *pace);

/* False where the request comes too fast for those who would be told: it is answered. It is counted once,
 * however often it is held back. */
bool pace_may_tell(struct chat *chat, struct request *request);

/* False where the asker, or the guests of their address together, say too much: it is answered. It is counted once,
 * however often it is decided. */
bool pace_may_say(struct chat *chat, struct request *request);

/* False where the guests of the asker's address, one of whom is `user`, have too few bytes left of the day for those that
 * are under way and the new ones: `bytes` in all. What is never stored takes nothing of the day. */
bool pace_may_upload(struct chat *chat, const struct request *request, const struct user *user,
		     int64_t bytes);
/* A file of the user is stored. */
void pace_note_upload(struct chat *chat, const struct request *request, const struct user *user,
		      int64_t bytes);

/* False where the asker's address makes too many rooms, or the asker is in too many: it is answered. */
bool pace_may_make_room(struct chat *chat, const struct request *request);
/* The room is there now: it counts for its maker, if it has one. */
void pace_note_room(struct chat *chat, const struct room *room);
/* It is gone, or an account has come into it: it counts for nobody any more. */
void pace_forget_room(struct chat *chat, struct room *room);

/* False where too many new guests come from the asker's address: it is answered. */
bool pace_may_come(struct chat *chat, const struct request *request);

/* False where the asker, or the guests of their address together, begin too many direct conversations: it is
 * answered. */
bool pace_may_begin_direct(struct chat *chat, const struct request *request);

/* How many rooms the user may be in. */
int64_t pace_rooms_most(const struct chat *chat, const struct user *user);

#endif
