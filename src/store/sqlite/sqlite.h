/* The SQLite backend of store.h.
 *
 * Layer: store, private to it: store_open() and the administration use it. */
#ifndef BRUSIO_STORE_SQLITE_H
#define BRUSIO_STORE_SQLITE_H

#include "store/store.h"

/* Prepares the process for SQLite before it is first used, with the directory that it may write to: also for the search
 * index alone. */
void sqlite_begin(const char *directory);

/* Opens DIRECTORY/brusio.db, made where it is not there; one process at a time. As store_open(). */
int sqlite_store_open(const char *directory, const char *url, struct store **store, char *problem,
		      size_t problem_bytes);

#endif
