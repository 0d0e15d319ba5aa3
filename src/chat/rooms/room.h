/* Rooms: their members, and the views through which their logs are read.
 *
 * Layer: chat. Threads: the chat thread's alone. Only chat_apply() changes rooms, members and invitations,
 * with what the store has; followings and views come and go with connections.
 *
 * A member is a user in a room. A following is one connection of theirs that reads it. A view is the room's
 * live log in one encoding; it exists while somebody follows it.
 *
 *  1. A member has as many `connections` as their peers have followings of that room.
 *  2. room->present counts the members who are there: with connections here, or at another node.
 *  3. view.workers[w].followers is the number of followings that worker w's connections have of it. */
#ifndef BRUSIO_CHAT_ROOM_H
#define BRUSIO_CHAT_ROOM_H

#include "base/limits.h"
#include "base/table.h"
#include "chat/chunk.h"
#include "chat/talk/name_filter.h"
#include "chat/rooms/sanction.h"
#include "chat/people/user.h"
#include "store/store.h"

struct view_worker {
	uint32_t followers;
	uint64_t woken_batch; /* the last batch that wakes it, which may be the next one */
};

/* Views of a direct conversation are numbered by its two sides: each sees the other's name. Both sides of one with oneself
 * are the same, and the second one is read. */
#define ROOM_SIDES 2

struct view {
	uint64_t id;      /* never used twice */
	struct view **at; /* its place in room->views */
	struct room *room;
	struct log log;
	unsigned encoding;
	unsigned side; /* of a direct conversation */
	uint32_t followers;
	struct view_worker workers[];
};

struct room {
	struct room *next_removed;
	struct table_link by_name, by_id;
	int64_t id;
	char *name;
	char *folded;
	char *topic;
	char *topic_by;   /* who set it, as far as this process knows; NULL: it does not */
	int64_t topic_ms; /* when; 0: not known */
	int64_t created_ms;
	char *maker; /* the network of the guest who made it; NULL: an account, or nobody knows */
	bool is_direct, is_private, is_read_only, is_topic_locked, keeps_edits;
	batch_mark changing; /* the last batch that changes its rules: roles, sanctions, settings */
	int64_t rules;       /* their version in the store, where there are several nodes */
	/* A batch that may have been decided by an earlier version, and that. */
	batch_mark ruled;
	int64_t rules_before;
	uint64_t fetched_turn; /* of batches, in which entries were found missing last: chat/node.c */
	int64_t retention_days;
	uint64_t end_seq;         /* of the newest stored entry */
	uint64_t purged_seq;      /* entries up to here are gone */
	struct name_filter names; /* of the members, made for the first message, see mentions.c */
	struct member **members;
	size_t members_count, members_capacity;
	struct view **views;            /* by side and encoding; NULL where nobody follows in it */
	struct user *sides[ROOM_SIDES]; /* of a direct conversation; one may be gone, or both the same */
	struct sanctions sanctions;
	struct invitation *invitations;
	uint32_t present; /* members who are there */
};

/* Lets a user into a private room, once. */
struct invitation {
	struct invitation *next; /* of the room */
	int64_t person;
	enum role role;            /* ROLE_OWNER: an owner who left, and comes back as one */
	int64_t time_ms, until_ms; /* 0: without end */
	int64_t by_person;         /* 0: nobody knows any more */
	char *by;                  /* what they were called then */
};

struct member {
	struct room *room;
	struct user *user;
	struct member *next; /* of the same user */
	uint32_t index;      /* in room->members */
	uint32_t connections : 19;
	uint32_t distant : 8; /* other nodes where they read it: chat/distant.h */
	uint32_t is_new : 1;  /* none of their connections has followed the room yet */
	enum role role : 4;
	uint64_t read_seq;
};

struct following {
	struct member *member;
	struct following *next; /* of the same peer */
	struct view *view;      /* NULL while it was inherited and not joined again */
};

struct rooms {
	struct table by_name, by_id;
	unsigned encodings, workers;
	size_t directs;       /* how many of them are direct conversations */
	struct room *removed; /* linked by next_removed */
	uint64_t views_made;
	/* Told when somebody follows a room, or nobody does any more; NULL: nobody wants to know. */
	void (*followed)(void *context, const struct room *room, bool is_on);
	void *followed_context;
};

void rooms_init(struct rooms *rooms, unsigned encodings, unsigned workers);
void rooms_release(struct rooms *rooms);
struct room *rooms_add(struct rooms *rooms, const struct store_room *stored);
/* The person who has set the topic, and the time. */
void room_note_topic(struct room *room, const char *by, int64_t time_ms);
/* By any spelling; NULL where there is none. */
struct room *rooms_find(const struct rooms *rooms, const char *name);
/* The conversation of two people, in any order. */
struct room *rooms_find_direct(const struct rooms *rooms, int64_t one, int64_t other);
#define ROOM_DIRECT_NAME_BYTES 64
void room_direct_name(int64_t one, int64_t other, char name[ROOM_DIRECT_NAME_BYTES]);

struct member *room_find_member(const struct room *room, const struct user *user);
/* How many memberships they have, direct conversations among them. */
size_t user_count_rooms(const struct user *user);
struct member *room_add_member(struct room *room, struct user *user);
void room_remove_member(struct member *member);

/* The room has no members left, and is no longer found. What waits to be told in it still names it: it is freed by
 * rooms_free_removed(), when nothing waits. */
void rooms_remove(struct rooms *rooms, struct room *room);
void rooms_free_removed(struct rooms *rooms);
struct room *rooms_find_by_id(const struct rooms *rooms, int64_t id);

/* The name by which this user sees the room: of a direct conversation "@" and the other's, with "!" and their
 * number where they are gone. The buffer is used for that; otherwise the room's own name is returned. */
#define ROOM_SHOWN_BYTES (LIMIT_NAME_BYTES + 24)
const char *room_name_for(const struct room *room, const struct user *user, char shown[ROOM_SHOWN_BYTES]);

/* The other side of a direct conversation; of one with oneself, the same. */
static inline struct user *room_other(const struct room *room, const struct user *user)
{
	return room->sides[room->sides[0] == user];
}

/* How many people a direct conversation has. */
static inline int room_sides_count(struct user *const sides[ROOM_SIDES])
{
	return sides[0] == sides[1] ? 1 : ROOM_SIDES;
}

/* A sanction that is in force now for this person: see sanctions_meet(). */
const struct sanction *room_meets(const struct room *room, enum sanction_kind kind, const struct user *user,
				  const char *address, int64_t wall_ms);
/* True where somebody's words may reach the room: nobody has muted or banned them there, or, in a direct conversation, blocked
 * them. `address` may be NULL. */
bool room_hears(const struct room *room, const struct user *user, const char *address);

/* NULL where there is none, or it is over. */
const struct invitation *room_find_invitation(const struct room *room, int64_t person, int64_t wall_ms);
void room_put_invitation(struct room *room, const struct store_invitation *stored);
/* How many there were: 0 or 1. */
unsigned room_drop_invitation(struct room *room, int64_t person);

/* Some connection of theirs reads the room, here or elsewhere. */
static inline bool member_is_there(const struct member *member)
{
	return member->connections || member->distant;
}
/* They read it at one other node more, or less. */
void member_add_distant(struct member *member);
void member_drop_distant(struct member *member);

struct following *peer_find_following(const struct peer *peer, const struct room *room);
/* Adds a following without a view, and counts it in its member. */
struct following *peer_add_following(struct peer *peer, struct member *member);
/* Takes it away again; the member stays, with one connection less. */
void peer_remove_following(struct rooms *rooms, struct peer *peer, struct following *following);

/* Lets the following read the room in the peer's encoding; the view is made where nobody else has it. */
struct view *following_attach(struct rooms *rooms, struct peer *peer, struct following *following);
void following_detach(struct rooms *rooms, struct peer *peer, struct following *following);

#endif
