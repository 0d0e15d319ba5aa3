/* Export and import: entries as JSON lines, the same shape as they are pushed in (doc/protocol.md section 4).
 *
 * Layer: server. Both return 0, or -1 with `problem` (ADMIN_PROBLEM_BYTES) filled in. */
#ifndef BRUSIO_SERVER_TRANSFER_H
#define BRUSIO_SERVER_TRANSFER_H

#include "store/sqlite_admin.h"

#include <stdio.h>

/* `room` and `since` (RFC 3339, or a date) may be NULL. */
int transfer_export(struct sqlite_admin *admin, const char *room, const char *since, FILE *to, char *problem);

/* All of the file or nothing of it. Rooms are made where they are missing; a room that has entries already is
 * continued where the file goes on with its next seq, and refused otherwise. "-" is standard input. */
int transfer_import(const char *directory, const char *file, char *problem);

#endif
