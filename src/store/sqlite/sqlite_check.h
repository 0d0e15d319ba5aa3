/* Verifies every promise that a database can show.
 *
 * Layer: store. Threads: one; a server may be running on the database. */
#ifndef BRUSIO_STORE_SQLITE_CHECK_H
#define BRUSIO_STORE_SQLITE_CHECK_H

#include "store/sqlite/sqlite_admin.h"

#include <sqlite3.h>

/* Says on `to` what is wrong, a line each; *found: how many. With `directory`, the search index that lies
 * there is compared, too; NULL: it is not. `db` went through sqlite_schema_configure(). Returns 0, or -1 with
 * `problem` filled in where it could not be checked. */
int sqlite_check(sqlite3 *db, const char *directory, FILE *to, int *found, char *problem);

#endif
