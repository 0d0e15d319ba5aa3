/* The write-ahead log of a database that was not closed.
 *
 * Layer: store, private to it. */
#ifndef BRUSIO_STORE_SQLITE_LOG_H
#define BRUSIO_STORE_SQLITE_LOG_H

#include <sqlite3.h>

/* Makes durable what an earlier process has left in the log, before anybody is shown it. That process may
 * have died between writing and syncing; or it was told of a sync that failed: the kernel takes what it could
 * not write for written then, and a sync alone would say that all is well. Returns an SQLite result. */
int sqlite_log_secure(sqlite3 *db);

#endif
