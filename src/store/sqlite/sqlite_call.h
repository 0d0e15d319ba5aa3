/* One-line SQLite calls for what is done seldom: prepare, bind, step, finalize.
 *
 * Layer: store. */
#ifndef BRUSIO_STORE_SQLITE_CALL_H
#define BRUSIO_STORE_SQLITE_CALL_H

#include <sqlite3.h>
#include <stdbool.h>

/* Prepares and binds: `types` has a letter a parameter: i (int64_t), t (const char *), h (32 bytes of hash).
 * NULL on failure, which sqlite3_errmsg() tells. The caller finalizes. Texts are borrowed until then. */
sqlite3_stmt *sqlite_prepare(sqlite3 *db, const char *sql, const char *types, ...);

/* The same for statements without rows. Returns an SQLite result code. */
int sqlite_run(sqlite3 *db, const char *sql, const char *types, ...);

/* A column's text, "" where it is NULL. */
const char *sqlite_text(sqlite3_stmt *row, int column);

/* Copies a column's hash. Returns false, and copies nothing, if it is not of that length. */
bool sqlite_copy_hash(sqlite3_stmt *row, int column, unsigned char *hash, int bytes);

#endif
