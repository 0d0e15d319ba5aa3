/* The SQLite schema: its versions and how to get from each to the next.
 *
 * Layer: store. */
#ifndef BRUSIO_STORE_SQLITE_SCHEMA_H
#define BRUSIO_STORE_SQLITE_SCHEMA_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

/* Refuses a database of a newer version, or one that cannot be read, before anything of it is touched; the
 * problem names the copy that leads back, where there is one.
 * Returns 0, or -1 with `problem` filled in. */
int sqlite_schema_check(sqlite3 *db, char *problem, size_t problem_bytes);

/* True where an older brusiod made the database, so that sqlite_schema_migrate() would change it. */
bool sqlite_schema_is_old(sqlite3 *db);

/* Sets the connection up (WAL, synchronous=FULL, …). Returns an SQLite result code. */
int sqlite_schema_configure(sqlite3 *db);

/* Brings the database to the version of this program, each step in a transaction of its own. One of an older
 * version is copied first if it `keeps_copy`, as brusio.db.before-5. Returns 0, or -1 with `problem` filled
 * in.
 */
int sqlite_schema_migrate(sqlite3 *db, bool keeps_copy, char *problem, size_t problem_bytes);

#endif
