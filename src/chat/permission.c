#include "chat/permission.h"

#include <string.h>

/* Above every role of a room. */
#define RANK_ADMIN (ROLE_OWNER + 1)

static const enum role least_role[] = {
    [DEED_TOPIC] = ROLE_MEMBER,   [DEED_INVITE] = ROLE_MEMBER, [DEED_DELETE_OTHERS] = ROLE_MODERATOR,
    [DEED_KICK] = ROLE_MODERATOR, [DEED_BAN] = ROLE_MODERATOR, [DEED_MUTE] = ROLE_MODERATOR,
    [DEED_ROLE] = ROLE_OWNER,     [DEED_SET] = ROLE_OWNER,
};

static int rank_of(const struct user *user, const struct member *member)
{
	if (user->is_admin)
		return RANK_ADMIN;
	return member ? (int)member->role : ROLE_NONE;
}

bool permission_may(const struct user *user, const struct member *member, const struct room *room,
		    enum deed deed)
{
	/* The two of a direct conversation are equals, and nobody else is there. */
	if (room->is_direct)
		return false;
	int least = (int)least_role[deed];
	if (deed == DEED_INVITE && room->is_private)
		least = ROLE_MODERATOR;
	return rank_of(user, member) >= least;
}

bool permission_may_over(const struct user *user, const struct member *member, const struct room *room,
			 enum deed deed, const struct user *target, const struct member *target_member)
{
	return permission_may(user, member, room, deed) &&
	       (!target || rank_of(user, member) > rank_of(target, target_member));
}

static const char *const role_names[] = {"", "member", "moderator", "owner"};

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
