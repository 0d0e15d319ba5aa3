#include "store/sqlite/sqlite_log.h"

#include "base/memory.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* --- one write for a commit --- */

/* SQLite's own VFS writes less than 128 KiB with one call. */
#define GATHERED_BYTES 65536

struct log_file {
	sqlite3_file base;  /* first */
	sqlite3_file *real; /* behind this struct */
	unsigned char *bytes;
	sqlite3_int64 offset; /* where the gathered bytes belong */
	int used;
};

static sqlite3_vfs gathering;

static struct log_file *log_of(sqlite3_file *base)
{
	return (struct log_file *)base;
}

static sqlite3_file *real_of(sqlite3_file *base)
{
	return log_of(base)->real;
}

/* What cannot be written stays until the transaction is rolled back: until then it may be read. */
static int flush(struct log_file *log)
{
	int result = SQLITE_OK;
	if (log->used)
		result = log->real->pMethods->xWrite(log->real, log->bytes, log->used, log->offset);
	if (result == SQLITE_OK)
		log->used = 0;
	return result;
}

static int log_write(sqlite3_file *base, const void *bytes, int count, sqlite3_int64 offset)
{
	struct log_file *log = log_of(base);
	sqlite3_int64 place = offset - log->offset;
	if (!log->used || place < 0 || place > log->used || place + count > GATHERED_BYTES) {
		int result = flush(log);
		if (result != SQLITE_OK)
			return result;
		if (count > GATHERED_BYTES)
			return log->real->pMethods->xWrite(log->real, bytes, count, offset);
		log->offset = offset;
		place = 0;
	}
	memcpy(log->bytes + place, bytes, (size_t)count);
	if (log->used < place + count)
		log->used = (int)place + count;
	return SQLITE_OK;
}

static int log_sync(sqlite3_file *base, int flags)
{
	int result = flush(log_of(base));
	return result == SQLITE_OK ? real_of(base)->pMethods->xSync(real_of(base), flags) : result;
}

static int log_read(sqlite3_file *base, void *bytes, int count, sqlite3_int64 offset)
{
	int result = flush(log_of(base));
	return result == SQLITE_OK ? real_of(base)->pMethods->xRead(real_of(base), bytes, count, offset)
				   : result;
}

static int log_truncate(sqlite3_file *base, sqlite3_int64 size)
{
	int result = flush(log_of(base));
	return result == SQLITE_OK ? real_of(base)->pMethods->xTruncate(real_of(base), size) : result;
}

static int log_size(sqlite3_file *base, sqlite3_int64 *size)
{
	int result = flush(log_of(base));
	return result == SQLITE_OK ? real_of(base)->pMethods->xFileSize(real_of(base), size) : result;
}

/* Commits are written by then; what an open transaction has added is void. */
static int log_close(sqlite3_file *base)
{
	free(log_of(base)->bytes);
	return real_of(base)->pMethods->xClose(real_of(base));
}

static int log_lock(sqlite3_file *base, int level)
{
	return real_of(base)->pMethods->xLock(real_of(base), level);
}

static int log_unlock(sqlite3_file *base, int level)
{
	return real_of(base)->pMethods->xUnlock(real_of(base), level);
}

static int log_is_reserved(sqlite3_file *base, int *is_reserved)
{
	return real_of(base)->pMethods->xCheckReservedLock(real_of(base), is_reserved);
}

static int log_control(sqlite3_file *base, int op, void *argument)
{
	return real_of(base)->pMethods->xFileControl(real_of(base), op, argument);
}

static int log_sector_size(sqlite3_file *base)
{
	return real_of(base)->pMethods->xSectorSize(real_of(base));
}

static int log_characteristics(sqlite3_file *base)
{
	return real_of(base)->pMethods->xDeviceCharacteristics(real_of(base));
}

static const sqlite3_io_methods log_methods = {
    .iVersion = 1,
    .xClose = log_close,
    .xRead = log_read,
    .xWrite = log_write,
    .xTruncate = log_truncate,
    .xSync = log_sync,
    .xFileSize = log_size,
    .xLock = log_lock,
    .xUnlock = log_unlock,
    .xCheckReservedLock = log_is_reserved,
    .xFileControl = log_control,
    .xSectorSize = log_sector_size,
    .xDeviceCharacteristics = log_characteristics,
};

static int log_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags, int *given)
{
	struct log_file *log = log_of(base);
	sqlite3_vfs *real = sqlite3_vfs_find(NULL);
	(void)vfs;
	if (!(flags & SQLITE_OPEN_WAL))
		return real->xOpen(real, name, base, flags, given);
	*log = (struct log_file){.real = (sqlite3_file *)(log + 1)};
	int result = real->xOpen(real, name, log->real, flags, given);
	if (!log->real->pMethods)
		return result;
	log->base.pMethods = &log_methods;
	log->bytes = mem_alloc(GATHERED_BYTES);
	return result;
}

static void register_gathering(void)
{
	gathering = *sqlite3_vfs_find(NULL);
	gathering.zName = "gathering";
	gathering.szOsFile += (int)sizeof(struct log_file);
	gathering.xOpen = log_open;
	if (sqlite3_vfs_register(&gathering, 0) != SQLITE_OK)
		gathering.zName = NULL;
}

/* *log is NULL where there is none. */
static int find_log(sqlite3 *db, sqlite3_file **log)
{
	*log = NULL;
	int result = sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, log);
	if (*log && !(*log)->pMethods)
		*log = NULL;
	return result;
}

/* Another connection may write at its place from now on. */
static void drop_gathered(void *db)
{
	sqlite3_file *log;
	if (find_log(db, &log) == SQLITE_OK && log && log->pMethods == &log_methods)
		log_of(log)->used = 0;
}

int sqlite_log_open(const char *path, sqlite3 **db, int flags)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	sqlite3_initialize();
	pthread_once(&once, register_gathering);
	int result = sqlite3_open_v2(path, db, flags, gathering.zName);
	if (result == SQLITE_OK)
		sqlite3_rollback_hook(*db, drop_gathered, *db);
	return result;
}

/* --- what was left --- */

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
	sqlite3_file *log;
	int result = find_log(db, &log);
	if (result != SQLITE_OK || !log)
		return result;
	if (log->pMethods == &log_methods)
		log = real_of(log);
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
