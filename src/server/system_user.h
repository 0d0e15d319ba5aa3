/* A user of the system, by name or by number.
 *
 * Layer: server. Threads: main's alone. Two files implement it: system_user_nss.c asks the system's name services;
 * system_user_file.c, for a static program, which cannot load those, reads /etc/passwd. */
#ifndef BRUSIO_SERVER_SYSTEM_USER_H
#define BRUSIO_SERVER_SYSTEM_USER_H

#include <stdbool.h>
#include <sys/types.h>

struct system_user {
	uid_t uid;
	gid_t gid;
};

/* False: there is no such user. */
bool system_user_find(const char *name, struct system_user *user);

/* Sets the supplementary groups of this process to those of the user. Returns 0 or -errno. */
int system_user_set_groups(const char *name, const struct system_user *user);

#endif
