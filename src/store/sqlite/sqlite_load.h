/* Loads what the chat keeps in memory: all of it at the start, and later what other processes
 * change.
 *
 * Layer: store, private to it. Threads: the writer's. */
#ifndef BRUSIO_STORE_SQLITE_LOAD_H
#define BRUSIO_STORE_SQLITE_LOAD_H

#include "store/sqlite/sqlite_writer.h"

/* Does store_ops.load, and learns the ends of the rooms. */
int sqlite_load(struct sqlite_writer *writer, store_visit *visit, void *context);

/* Does store_ops.watch. *version is what the database said at the last call; 0 at first. */
int sqlite_watch(struct sqlite_writer *writer, int64_t *version, store_visit *visit, void *context);

#endif
