#include "server/system_user.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>

bool system_user_find(const char *name, struct system_user *user)
{
	const struct passwd *entry = getpwnam(name);
	if (!entry)
		return false;
	*user = (struct system_user){entry->pw_uid, entry->pw_gid};
	return true;
}

int system_user_set_groups(const char *name, const struct system_user *user)
{
	return initgroups(name, user->gid) ? -errno : 0;
}
