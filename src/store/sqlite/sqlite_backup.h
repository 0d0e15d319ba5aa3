/* Backups of the database, and putting one in its place.
 *
 * Layer: store. Threads: one. All return 0, or -1 with `problem` (ADMIN_PROBLEM_BYTES) filled in. Files that
 * are made are their owner's alone, 0600: everything that was said is in them. */
#ifndef BRUSIO_STORE_SQLITE_BACKUP_H
#define BRUSIO_STORE_SQLITE_BACKUP_H

#include "store/sqlite/sqlite_admin.h"

#include <sqlite3.h>

/* A consistent copy, made while others write. `data` is the directory of the database, whose own files are
 * never overwritten; another file only with `force`. */
int sqlite_backup_make(sqlite3 *db, const char *data, const char *file, bool force, char *problem);
/* The same with the bytes of its files. The server drops none meanwhile. `to` gets a line for each that is missing or
 * damaged here; the backup is made all the same. */
int sqlite_backup_make_whole(sqlite3 *db, const char *data, const char *file, bool force, FILE *to,
			     char *problem);

#endif
