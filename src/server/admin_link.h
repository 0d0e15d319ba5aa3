/* The administrator's commands about invitation links.
 *
 * Layer: server. Threads: one. All return 0, or -1 with `problem` (ADMIN_PROBLEM_BYTES) filled in. */
#ifndef BRUSIO_SERVER_ADMIN_LINK_H
#define BRUSIO_SERVER_ADMIN_LINK_H

#include "store/store_admin.h"

/* The options of `brusiod link add`; texts that are NULL were not given. */
struct admin_link_wish {
	const char *room, *uses, *days;
	const char *url; /* of the server */
};

/* Writes the address of a new one. */
int admin_link_add(struct store_admin *admin, const struct admin_link_wish *wish, FILE *to, char *problem);
/* Writes a line each: key, room or "-", who made it, how many it has let in and may, until when. */
int admin_link_list(struct store_admin *admin, FILE *to, char *problem);
int admin_link_revoke(struct store_admin *admin, const char *key, char *problem);

#endif
