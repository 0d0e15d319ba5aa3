/* Reading pages of entries from SQLite; each reader has a connection of its own.
 *
 * Layer: store. Threads: a reader belongs to the thread that opened it. */
#ifndef BRUSIO_STORE_SQLITE_READ_H
#define BRUSIO_STORE_SQLITE_READ_H

#include "store/store.h"

/* `path` is the database's. */
int sqlite_reader_open(const char *path, struct store_reader **made);

#endif
