/* The bytes of files in backups (store/blobs/file_archive.h): into one, checked, and out of one.
 *
 * Layer: store. Threads: one. All return 0, or -1 with `problem` (ADMIN_PROBLEM_BYTES) filled in. `to` gets a line
 * for each file with which something is wrong. A database of an older version has no files. */
#ifndef BRUSIO_STORE_SQLITE_BACKUP_FILES_H
#define BRUSIO_STORE_SQLITE_BACKUP_FILES_H

#include "store/blobs/blob.h"

#include <sqlite3.h>
#include <stdio.h>

/* Adds the bytes of all files that the database `file`, a backup that is being made, has a row for. `blobs` are held
 * since before it was copied. */
int sqlite_backup_add_files(const char *file, const struct blobs *blobs, FILE *to, char *problem);

/* Compares what the backup holds with the hashes of its database. *found: how much is wrong. */
int sqlite_backup_check_files(sqlite3 *given, const char *file, FILE *to, int *found, char *problem);

/* Puts what the backup holds into the data directory; what is there already, and as it should be, stays. */
int sqlite_backup_take_files(sqlite3 *given, const char *file, const char *directory, char *problem);

/* Says which files of the database have no bytes here; those which it does not know are spared by the next sweeps. */
void sqlite_backup_settle_files(sqlite3 *given, const char *directory, FILE *to);

#endif
