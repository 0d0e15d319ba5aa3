/* The administrator's commands about rooms.
 *
 * Layer: server. Threads: one. All return 0, or -1 with `problem` (ADMIN_PROBLEM_BYTES) filled in. */
#ifndef BRUSIO_SERVER_ADMIN_ROOM_H
#define BRUSIO_SERVER_ADMIN_ROOM_H

#include "store/store_admin.h"

/* The number of the room; of no name (NULL) it is 0, which stands for all. */
int admin_room_find(struct store_admin *admin, const char *name, int64_t *id, char *problem);

/* Writes a line a room, by name: name, public or private, members, entries, when something was last said.
 * With `idle_days` those alone in which nothing was said for so long. */
int admin_room_list(struct store_admin *admin, int64_t idle_days, FILE *to, char *problem);
/* Removes a room with its history, or all that are idle; never the lobby. */
int admin_room_delete(struct store_admin *admin, const char *name, char *problem);
int admin_room_delete_idle(struct store_admin *admin, int64_t idle_days, size_t *removed, char *problem);

/* Writes the record of moderation, a line each: time, room, by whom, what, whom, until when, why. Of one
 * room, or of all (NULL). */
int admin_room_record(struct store_admin *admin, const char *name, FILE *to, char *problem);

#endif
