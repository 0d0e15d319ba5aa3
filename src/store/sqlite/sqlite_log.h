/* The write-ahead log: how commits are written to it, and what a process before has left in it.
 *
 * Layer: store, private to it. */
#ifndef BRUSIO_STORE_SQLITE_LOG_H
#define BRUSIO_STORE_SQLITE_LOG_H

#include <sqlite3.h>

/* A VFS for sqlite3_open_v2() that gathers what a commit adds to the log, a header and a page for each page that
 * changed, and writes it at once where it is synced. Only for connections with synchronous=FULL: they sync each
 * commit before another connection can see it. NULL where there is no memory. For any thread. */
const char *sqlite_log_vfs(void);

/* Makes durable what an earlier process has left in the log, before anybody is shown it. That process may
 * have died between writing and syncing; or it was told of a sync that failed: the kernel takes what it could
 * not write for written then, and a sync alone would say that all is well. Returns an SQLite result. */
int sqlite_log_secure(sqlite3 *db);

#endif
