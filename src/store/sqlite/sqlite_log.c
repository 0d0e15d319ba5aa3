#include "store/sqlite/sqlite_log.h"

#include "base/memory.h"

#include <stdlib.h>

/* Writes the log over with what it holds, so that syncing it means something. Needs no space. */
static int rewrite(sqlite3_file *log)
{
	const size_t step = 65536;
	char *bytes = mem_alloc(step);
	sqlite3_int64 size = 0;
	int result = log->pMethods->xFileSize(log, &size);
	for (sqlite3_int64 at = 0; at < size && result == SQLITE_OK; at += (sqlite3_int64)step) {
		int length = size - at < (sqlite3_int64)step ? (int)(size - at) : (int)step;
		result = log->pMethods->xRead(log, bytes, length, at);
		if (result == SQLITE_OK)
			result = log->pMethods->xWrite(log, bytes, length, at);
	}
	free(bytes);
	return result;
}

int sqlite_log_secure(sqlite3 *db)
{
	sqlite3_file *log = NULL;
	int result = sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
	if (result != SQLITE_OK || !log || !log->pMethods)
		return result;
	/* Others cannot write meanwhile; one that writes already syncs its own work. */
	result = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (result == SQLITE_OK) {
		result = rewrite(log);
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	}
	if (result == SQLITE_OK || result == SQLITE_BUSY || result == SQLITE_FULL)
		result = log->pMethods->xSync(log, SQLITE_SYNC_NORMAL);
	return result;
}
