/* Properties: what people and rooms say of themselves besides their name, such as a picture's address, pronouns or a
 * colour; each under a key.
 *
 * Layer: chat, private to it. Threads: the chat thread's alone. They are kept in memory alone, like absence: those of
 * a person go with them, those of a room with it, and all of them with the process. */
#ifndef BRUSIO_CHAT_PROPERTY_H
#define BRUSIO_CHAT_PROPERTY_H

#include "base/table.h"

struct chat;
struct peer;
struct room;
struct user;

struct properties {
	struct table by_owner;
};

void properties_release(struct properties *properties);

/* The person, or the room, is gone. */
void property_forget_user(struct chat *chat, const struct user *user);
void property_forget_room(struct chat *chat, const struct room *room);
/* The person has come into the room: those who are there learn what they say of themselves. */
void property_tell_entered(struct chat *chat, struct room *room, const struct peer *peer);

#endif
