/* Memberships: who is in a room, and which connections read it.
 *
 * Layer: chat, private to it. Threads: the chat thread's alone. A membership is stored, and begins and ends by
 * chat_apply(); a following is a connection's, and comes and goes with it. */
#ifndef BRUSIO_CHAT_MEMBERSHIP_H
#define BRUSIO_CHAT_MEMBERSHIP_H

#include "base/request.h"
#include "chat/rooms/room.h"

struct chat;
struct change;
struct store_link;

/* Lets the peer into the room, which exists, and answers the request. `link`: the good invitation link that they come
 * by, which is used up by one; NULL: they need none. */
void membership_join(struct chat *chat, struct request *request, struct room *room,
		     const struct store_link *link);
/* The same for the lobby, where simple forms come in. */
void membership_join_lobby(struct chat *chat, struct request *request);
/* Lets the peer, whose user is a member, read the room although it did not ask. */
void membership_follow(struct chat *chat, struct peer *peer, struct room *room);
/* The peer, whose user is a member, joins; answers. */
void membership_answer(struct chat *chat, const struct request *request, struct member *member);
/* One connection stops reading; the room is told where it was the user's last. They stay a member. */
void membership_unfollow(struct chat *chat, struct peer *peer, struct following *following,
			 const char *reason);

/* Nobody was there of the member until now: they are at another node. `is_new`: as a new member. */
struct distant_looks;
void membership_came(struct chat *chat, const struct member *member, const struct distant_looks *looks,
		     bool is_new);
/* Nobody is there of the member any more, who looked so; `reason` may be NULL. */
void membership_went(struct chat *chat, const struct member *member, const struct distant_looks *looks,
		     const char *reason);

/* For chat_apply(): somebody has become a member; their other connections are told. */
void membership_begin(struct chat *chat, struct member *member, const struct change *change);
/* For chat_apply(): no connection of theirs reads it any more. `farewell` is shown to them and to the room in
 * place of their exit; NULL: the exit is told where one of them was there. */
void membership_end(struct chat *chat, struct member *member, const struct change *change,
		    const struct entry *farewell);
/* For chat_apply(): somebody has inherited the room. */
void membership_tell_heir(struct chat *chat, struct member *member);

/* True where they are its only owner. */
bool membership_is_last_owner(const struct member *member);
/* Adds to a change that ends this membership what it entails: the room passes on where they alone own it. */
void membership_add_end(struct chat *chat, struct change *change, const struct member *member);
/* Removes rooms in which nothing was ever said and nobody is left. */
void membership_sweep(struct chat *chat);

#endif
