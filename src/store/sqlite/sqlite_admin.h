/* The SQLite backend of store_admin.h: a connection of its own, beside the one of a server.
 *
 * Layer: store, private to it: store_admin_open() uses it. Threads: one. */
#ifndef BRUSIO_STORE_SQLITE_ADMIN_H
#define BRUSIO_STORE_SQLITE_ADMIN_H

#include "store/store_admin.h"

/* store_admin_open() for a directory. */
int sqlite_admin_open(const char *directory, const char *url, bool may_make, struct store_admin **made,
		      char *problem);

/* store_restore() for a directory: the old database stays in a directory of its own in it. */
int sqlite_restore(const char *directory, const char *file, bool force, FILE *to, char kept[STORE_KEPT_BYTES],
		   char *problem);
/* store_new_epoch() for a directory. */
int sqlite_new_epoch(const char *directory, const char *url, char done[STORE_DONE_BYTES], char *problem);
/* True where one has moved the old database away and not put the new one in its place. */
bool sqlite_restore_was_cut_off(const char *directory);

#endif
