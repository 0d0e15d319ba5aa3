/* Who may do what in a room: the one place that knows.
 *
 * Layer: chat. Threads: the chat thread's alone. Server administrators stand above all roles. */
#ifndef BRUSIO_CHAT_PERMISSION_H
#define BRUSIO_CHAT_PERMISSION_H

#include "chat/room.h"

enum deed {
	DEED_TOPIC,
	DEED_INVITE,
	DEED_DELETE_OTHERS,
	DEED_KICK,
	DEED_BAN,
	DEED_MUTE,
	DEED_ROLE,
	DEED_SET
};

/* `member` may be NULL: the user is not in the room. */
bool permission_may(const struct user *user, const struct member *member, const struct room *room,
		    enum deed deed);
/* The same against somebody: nobody touches his equals. */
bool permission_may_over(const struct user *user, const struct member *member, const struct room *room,
			 enum deed deed, const struct user *target, const struct member *target_member);

/* "owner", "moderator", "member"; ROLE_NONE where the text is none of them. */
enum role role_from_name(const char *name);
const char *role_name(enum role role);

#endif
