/* Writes the entries of rooms as JSON lines of the shape that they are pushed in (doc/protocol.md section 4). Before
 * all entries there is a line "op":"room" for each room: what is set there, and who its members are.
 *
 * Layer: server. Returns 0, or -1 with `problem` (ADMIN_PROBLEM_BYTES) filled in. */
#ifndef BRUSIO_SERVER_EXPORT_H
#define BRUSIO_SERVER_EXPORT_H

#include "store/store_admin.h"

#include <stdio.h>

struct export_wish {
	const char *room, *since; /* RFC 3339, or a date; NULL for all */
	const char *files;        /* the folder that gets the bytes of files; NULL: none does */
	const char *data;         /* where they are */
};

/* `notes` gets a line for each file whose bytes are missing. */
int export_rooms(struct store_admin *admin, const struct export_wish *wish, FILE *to, FILE *notes,
		 char *problem);

#endif
