/* Permissions: the one place that knows who may do what in a room.
 *
 * Layer: chat. Threads: the chat thread's alone. Server administrators stand above all roles. */
#ifndef BRUSIO_CHAT_PERMISSION_H
#define BRUSIO_CHAT_PERMISSION_H

#include "chat/rooms/room.h"

enum permission {
	PERMISSION_TOPIC,
	PERMISSION_INVITE,
	PERMISSION_DELETE_OTHERS,
	PERMISSION_PIN,
	PERMISSION_KICK,
	PERMISSION_BAN,
	PERMISSION_MUTE,
	PERMISSION_ROLE,
	PERMISSION_SET
};

/* `member` may be NULL: the user is not in the room. */
bool permission_may(const struct user *user, const struct member *member, const struct room *room,
		    enum permission permission);
/* The same against somebody: nobody touches their equals. */
bool permission_may_over(const struct user *user, const struct member *member, const struct room *room,
			 enum permission permission, const struct user *target,
			 const struct member *target_member);

/* Above every role of a room. */
#define RANK_ADMIN ((enum role)(ROLE_OWNER + 1))
/* How high somebody stands in the room. */
enum role permission_rank(const struct user *user, const struct member *member);

/* "owner", "moderator", "speaker", "member"; ROLE_NONE where the text is none of them. */
enum role role_from_name(const char *name);
const char *role_name(enum role role);

#endif
