/* The administrator's commands about files: "@NAME" are those of a person, "#ROOM" those of a room.
 *
 * Layer: server. Threads: one. All return 0, or -1 with `problem` (ADMIN_PROBLEM_BYTES) filled in. */
#ifndef BRUSIO_SERVER_ADMIN_FILE_H
#define BRUSIO_SERVER_ADMIN_FILE_H

#include "store/store_admin.h"

/* Writes a line a file, oldest first: id, bytes, since when, whose, room, number of the message, type, name. `which` NULL:
 * of all. */
int admin_file_list(struct store_admin *admin, const char *which, FILE *to, char *problem);
/* Removes the files, of a person, of a room, or the one of this id; a running server drops their bytes, or the next
 * start does. Their messages stay. */
int admin_file_delete(struct store_admin *admin, const char *which, size_t *removed, char *problem);

#endif
