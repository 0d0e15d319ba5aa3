/* The questions of store.h, answered by SQLite.
 *
 * Layer: store, private to it. Threads: the writer's. */
#ifndef BRUSIO_STORE_SQLITE_ASK_H
#define BRUSIO_STORE_SQLITE_ASK_H

#include "store/sqlite/sqlite_writer.h"

/* Fills in the result; does not call done(). */
void sqlite_ask(struct sqlite_writer *writer, struct store_query *query);

#endif
