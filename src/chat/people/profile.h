/* Profiles: what people say of themselves, who is told of it, and what others see of their reading.
 *
 * Layer: chat, private to it. Threads: the chat thread's alone. */
#ifndef BRUSIO_CHAT_PROFILE_H
#define BRUSIO_CHAT_PROFILE_H

#include "chat/reply.h"
#include "chat/rooms/room.h"

struct chat;

/* Fills in what the row of a member shows of their profile, and, in a small room, up to where they have read. */
void profile_fill_row(struct reply *reply, struct reply_row *row, const struct member *member);
/* They have read the room up to there: tells those who follow profiles. */
void profile_tell_seen(struct chat *chat, const struct room *room, const struct user *user, uint64_t seq);
/* A client of IRC gives them a real name: it becomes their display name where it may be one. */
void profile_take_real_name(struct chat *chat, const struct peer *peer, const char *name);

#endif
