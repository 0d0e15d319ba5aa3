/* The administrator's commands about accounts, by any spelling of their names.
 *
 * Layer: server. Threads: one. All return 0, or -1 with `problem` (ADMIN_PROBLEM_BYTES) filled in. */
#ifndef BRUSIO_SERVER_ADMIN_USER_H
#define BRUSIO_SERVER_ADMIN_USER_H

#include "store/store_admin.h"

/* `password` is a hash. A guest who has the name gives way. */
int admin_user_add(struct store_admin *admin, const char *name, const char *password, char *problem);
/* Ends all sessions that began with the old password. */
int admin_user_set_password(struct store_admin *admin, const char *name, const char *password, char *problem);
/* Turns its second factor off. */
int admin_user_drop_factor(struct store_admin *admin, const char *name, char *problem);
int admin_user_set_admin(struct store_admin *admin, const char *name, bool on, char *problem);
/* Nothing lets a disabled account in; its sessions end, and what else let it in does so again when it is enabled. */
int admin_user_set_disabled(struct store_admin *admin, const char *name, bool on, char *problem);
/* 0: there is such an account. */
int admin_user_is_there(struct store_admin *admin, const char *name, char *problem);
/* The rooms that the account owns alone pass to somebody else. */
int admin_user_delete(struct store_admin *admin, const char *name, char *problem);
/* Writes a line each: name, admin or user, since when. */
int admin_user_list(struct store_admin *admin, FILE *to, char *problem);
/* Writes a line for each session and token: what it is, device or label, client, address, since, last seen.
 */
int admin_user_list_sessions(struct store_admin *admin, const char *name, FILE *to, char *problem);
/* Ends all of them, and the connections with them. */
int admin_user_end_sessions(struct store_admin *admin, const char *name, char *problem);

#endif
