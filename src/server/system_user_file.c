#include "server/system_user.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

bool system_user_find(const char *name, struct system_user *user)
{
	FILE *file = fopen("/etc/passwd", "re");
	bool is_found = false;
	for (struct passwd *entry; file && !is_found && (entry = fgetpwent(file));)
		if (!strcmp(entry->pw_name, name)) {
			*user = (struct system_user){entry->pw_uid, entry->pw_gid};
			is_found = true;
		}
	if (file)
		fclose(file);
	return is_found;
}

/* The user's own group only: a container has no others. */
int system_user_set_groups(const char *name, const struct system_user *user)
{
	(void)name;
	return setgroups(1, &user->gid) ? -errno : 0;
}
