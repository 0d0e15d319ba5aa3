#include "chat/rooms/permission.h"

#include <string.h>

static const enum role least_role[] = {
    [PERMISSION_TOPIC] = ROLE_MEMBER,
    [PERMISSION_INVITE] = ROLE_MEMBER,
    [PERMISSION_DELETE_OTHERS] = ROLE_MODERATOR,
    [PERMISSION_PIN] = ROLE_MODERATOR,
    [PERMISSION_KICK] = ROLE_MODERATOR,
    [PERMISSION_BAN] = ROLE_MODERATOR,
    [PERMISSION_MUTE] = ROLE_MODERATOR,
    [PERMISSION_ROLE] = ROLE_OWNER,
    [PERMISSION_SET] = ROLE_OWNER,
};

enum role permission_rank(const struct user *user, const struct member *member)
{
	if (user->is_admin)
		return RANK_ADMIN;
	return member ? member->role : ROLE_NONE;
}

bool permission_may(const struct user *user, const struct member *member, const struct room *room,
		    enum permission permission)
{
	/* The two of a direct conversation are equals, and nobody else is there. */
	if (room->is_direct)
		return false;
	enum role least = least_role[permission];
	if ((permission == PERMISSION_INVITE && room->is_private) ||
	    (permission == PERMISSION_TOPIC && room->is_topic_locked))
		least = ROLE_MODERATOR;
	return permission_rank(user, member) >= least;
}

bool permission_may_over(const struct user *user, const struct member *member, const struct room *room,
			 enum permission permission, const struct user *target,
			 const struct member *target_member)
{
	return permission_may(user, member, room, permission) &&
	       (!target || permission_rank(user, member) > permission_rank(target, target_member));
}

static const char *const role_names[] = {"", "member", "speaker", "moderator", "owner"};

enum role role_from_name(const char *name)
{
	for (int role = ROLE_MEMBER; role <= ROLE_OWNER; role++)
		if (!strcmp(role_names[role], name))
			return (enum role)role;
	return ROLE_NONE;
}

const char *role_name(enum role role)
{
	return role_names[role];
}
