/* Verifies that the bytes of files are those that the database says.
 *
 * Layer: store. Threads: one; a server may be running on the data. */
#ifndef BRUSIO_STORE_SQLITE_CHECK_FILES_H
#define BRUSIO_STORE_SQLITE_CHECK_FILES_H

#include <sqlite3.h>
#include <stdio.h>

/* Says on `to` what is missing or damaged, a line each, and adds how many there are to *found; then, without counting
 * it, what is there and belongs to no message: a start removes it in time. Returns 0, or -1 with `problem`
 * (ADMIN_PROBLEM_BYTES) filled in. */
int sqlite_check_files(sqlite3 *db, const char *directory, FILE *to, int *found, char *problem);

#endif
