/* The write-ahead log: how commits are written to it, and what a process before has left in it.
 *
 * Layer: store, private to it. */
#ifndef BRUSIO_STORE_SQLITE_LOG_H
#define BRUSIO_STORE_SQLITE_LOG_H

#include <sqlite3.h>

/* sqlite3_open_v2(), with a VFS that gathers what a commit adds to the log, a header and a page for each page that
 * changed, and writes it at once where it is synced. Only for a connection with synchronous=FULL: it syncs each commit
 * before another one can see it. Takes the connection's rollback hook. For any thread. */
int sqlite_log_open(const char *path, sqlite3 **db, int flags);

/* Makes durable what an earlier process has left in the log, before anybody is shown it. That process may
 * have died between writing and syncing; or it was told of a sync that failed: the kernel takes what it could
 * not write for written then, and a sync alone would say that all is well. Returns an SQLite result. */
int sqlite_log_secure(sqlite3 *db);

#endif
