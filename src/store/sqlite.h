/* The SQLite backend of store.h.
 *
 * Layer: store, private to it: store_open() and the administration use it. */
#ifndef BRUSIO_STORE_SQLITE_H
#define BRUSIO_STORE_SQLITE_H

#include "store/store.h"

/* Opens DIRECTORY/brusio.db, made where it is not there; one process at a time. As store_open(). */
int sqlite_store_open(const char *directory, struct store **store, char *problem, size_t problem_bytes);

#endif
