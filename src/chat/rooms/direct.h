/* Direct conversations: rooms of two, which each side calls by the other's name, or of one alone, for notes to oneself. The
 * first message makes one.
 *
 * Layer: chat, private to it. Threads: the chat thread's alone. */
#ifndef BRUSIO_CHAT_DIRECT_H
#define BRUSIO_CHAT_DIRECT_H

#include "base/request.h"
#include "chat/batch.h"
#include "chat/rooms/room.h"

/* All connections of both sides that are members read it from now on. */
void direct_follow_all(struct chat *chat, struct room *room);
/* Adds the commands that make the conversation of these two, or put it back on the lists of those who have left
 * it. The room is an earlier one or, where it is NULL, the one that is made. */
void direct_add_to(struct chat *chat, struct change *change, const struct room *room,
		   struct user *const sides[ROOM_SIDES]);
/* Answers a join of "@name", whose conversation nobody has begun. */
void direct_join(struct chat *chat, struct request *request);
/* For chat_apply(): this person's conversations in which nothing was said, or whose other side is gone, too, are
 * not kept, nor is that with themselves. */
void direct_forget(struct chat *chat, struct user *user);
/* For chat_apply(): this person has another name, or is gone: their conversations are called by it from now on. */
void direct_renamed(struct chat *chat, const struct user *user);
/* True where the two may write to each other; else the request is answered. */
bool direct_is_welcome(struct chat *chat, const struct request *request, const struct user *other);

#endif
