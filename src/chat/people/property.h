/* Properties: what people and rooms say of themselves besides their name, such as a picture's address, pronouns or a
 * colour; each under a key.
 *
 * Layer: chat, private to it. Threads: the chat thread's alone. They are kept in memory alone, like absence: those of
 * a person go with them, those of a room with it, and all of them with the process. An address gives a share of all owners
 * theirs, so that it leaves some to others. */
#ifndef BRUSIO_CHAT_PROPERTY_H
#define BRUSIO_CHAT_PROPERTY_H

#include "chat/talk/marks.h"

struct chat;
struct peer;
struct room;
struct user;

struct properties {
	struct table by_owner;
	struct marks by_network; /* how many owners have theirs from there */
};

void properties_init(struct properties *properties);
void properties_release(struct properties *properties);

/* The person, or the room, is gone. */
void property_forget_user(struct chat *chat, const struct user *user);
void property_forget_room(struct chat *chat, const struct room *room);
/* The person has come into the room: those who are there learn what they say of themselves. */
void property_tell_entered(struct chat *chat, struct room *room, const struct peer *peer);

#endif
