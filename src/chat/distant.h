/* People who are connected to other nodes: how they look, and which rooms they read there. It is what others have told
 * (told.h), and is in memory alone.
 *
 *   a node that is there --its lease is over, or it has ended--> one that is gone --node_return_seconds--> nothing
 *   a connection here --its session goes on elsewhere--> this node itself, in its place --the same--> nothing
 *
 *  1. user->is_distant where a place has them. member->distant counts the places where they read the room.
 *  2. What a place has is kept whether the person, the room or the membership is known here: news of those come by the
 *     store, in no order with what is told.
 *  3. The room is told who comes to be there and who is not there any more, wherever that is: nobody leaves and comes back
 *     who goes from one node to another.
 *
 * Layer: chat, private to it. Threads: the chat thread's alone. All of it is empty where the store is no node's. */
#ifndef BRUSIO_CHAT_DISTANT_H
#define BRUSIO_CHAT_DISTANT_H

#include "base/table.h"
#include "chat/rooms/room.h"

struct chat;
struct place;

/* A caller that gives it owns its strings; one that is returned has those of the person's record. */
struct distant_looks {
	const char *ip, *user_name, *real_name; /* as others may see them */
	const char
	    *pages; /* "7f,1a,": user_token_bits() of the browsers in which they look at a page; NULL: none */
	bool is_bot;
};

struct distants {
	struct table by_person;
	struct place *places; /* owned */
};

void distants_release(struct distants *distants);

/* --- what another node has told --- */

/* It tells everything from here on; what it does not name until the end is not there. */
void distant_begin_all(struct chat *chat, int64_t node);
void distant_end_all(struct chat *chat, int64_t node);
/* Its people may come back: nobody sees them leave until node_return_seconds are over. */
void distant_lose(struct chat *chat, int64_t node);

void distant_put(struct chat *chat, int64_t node, int64_t person, const struct distant_looks *looks);
void distant_drop(struct chat *chat, int64_t node, int64_t person);
/* They read the room there; `is_new`: as a new member. `wide`: as entry.wide. */
void distant_put_room(struct chat *chat, int64_t node, int64_t person, int64_t room_id, bool is_new,
		      uint64_t wide);
void distant_drop_room(struct chat *chat, int64_t node, int64_t person, int64_t room_id, const char *reason,
		       uint64_t wide);

/* --- what this node finds --- */

/* The connection's session goes on elsewhere, and so does what it reads. */
void distant_keep(struct chat *chat, const struct peer *peer);
/* They read the room again, here or at a node that is there: nobody waits for them any more. */
void distant_return(struct chat *chat, int64_t person, int64_t room_id);
/* Ends what waits for people who did not come back. */
void distant_expire(struct chat *chat);
/* True where this node waits for them to read the room elsewhere; without a room: to be anywhere. */
bool distant_is_kept(const struct chat *chat, int64_t person, int64_t room_id);

/* The person is known now; is not any more; is a member now. */
void distant_meet_user(struct chat *chat, struct user *user);
void distant_forget_user(struct chat *chat, struct user *user);
void distant_meet_member(struct chat *chat, struct member *member);

/* How somebody looks at another node; NULL: they are at none. */
const struct distant_looks *distant_find_looks(const struct chat *chat, const struct user *user);
/* True where they look at a page at another node, in the browser that has this token: user_token_bits(). */
bool distant_sees(const struct chat *chat, const struct user *user, uint32_t token);

#endif
