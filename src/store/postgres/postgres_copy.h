/* Moves a history from an embedded SQLite database to a PostgreSQL, with all its numbers, ids and its epoch: clients go on
 * where they were.
 *
 * Layer: store, private to it. */
#ifndef BRUSIO_STORE_POSTGRES_COPY_H
#define BRUSIO_STORE_POSTGRES_COPY_H

#include "store/store_admin.h"

/* From the database in the directory, which no server may run on, to one that was migrated and has nothing in it yet. All of
 * it is there then, or nothing. Returns 0, or -1 with `problem` filled in. */
int postgres_copy(const char *directory, const char *url, char done[STORE_DONE_BYTES], char *problem);

#endif
