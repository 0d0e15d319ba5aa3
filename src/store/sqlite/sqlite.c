/* The SQLite backend: one writing connection that belongs to the chat thread.
 *
 *  1. A batch is one transaction (sqlite_writer.c); commit returns after the WAL is synced
 * (synchronous=FULL). It runs inline, and done() is called before submit() returns.
 *  2. What is found at the opening is synced before anybody sees it: the process before may have died, or
 *     been told of an error, between writing and syncing.
 *  3. Readers have connections of their own (sqlite_read.c); WAL lets them read while this one writes. */
#include "store/sqlite/sqlite.h"

#include "base/logging.h"
#include "base/memory.h"
#include "store/data_directory.h"
#include "store/sqlite/sqlite_admin.h"
#include "store/sqlite/sqlite_ask.h"
#include "store/sqlite/sqlite_load.h"
#include "store/sqlite/sqlite_log.h"
#include "store/sqlite/sqlite_read.h"
#include "store/sqlite/sqlite_schema.h"
#include "store/sqlite/sqlite_indexer.h"
#include "store/sqlite/sqlite_writer.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct sqlite_store {
	struct store store; /* first */
	struct sqlite_writer writer;
	sqlite3 *db;
	char *path;
	int64_t version; /* of the database, when other processes' notes were last read */
	int lock_fd;     /* of the data directory's lock file */
};

static struct sqlite_store *mine(struct store *store)
{
	return (struct sqlite_store *)store;
}

static int store_load(struct store *store, store_visit *visit, void *context)
{
	struct sqlite_store *self = mine(store);
	int result = sqlite_load(&self->writer, visit, context);
	if (result != STORE_OK)
		LOG_ERROR("store.load", "error=\"%s\"", sqlite3_errmsg(self->db));
	return result;
}

static void store_submit(struct store *store, struct store_batch *batch)
{
	sqlite_writer_run(&mine(store)->writer, batch);
}

static void store_ask(struct store *store, struct store_query *query)
{
	sqlite_ask(&mine(store)->writer, query);
	query->done(query);
}

static int store_watch(struct store *store, store_visit *visit, void *context)
{
	struct sqlite_store *self = mine(store);
	int result = sqlite_watch(&self->writer, &self->version, visit, context);
	if (result != STORE_OK)
		LOG_ERROR("store.watch", "error=\"%s\"", sqlite3_errmsg(self->db));
	return result;
}

static bool store_has_leftovers(struct store *store)
{
	return mine(store)->writer.has_leftovers;
}

static int store_reader_open(struct store *store, struct store_reader **reader)
{
	return sqlite_reader_open(mine(store)->path, reader);
}

static int store_indexer_open(struct store *store, struct store_indexer **indexer)
{
	return sqlite_indexer_open(mine(store)->path, store->epoch, NULL, indexer);
}

static void store_close(struct store *store)
{
	struct sqlite_store *self = mine(store);
	sqlite_writer_release(&self->writer);
	/* Closing the last connection checkpoints the WAL into the database file. */
	if (sqlite3_close(self->db) != SQLITE_OK)
		LOG_ERROR("store.close", "error=\"%s\"", sqlite3_errmsg(self->db));
	close(self->lock_fd);
	free(self->path);
	free(self);
}

/* Everything has come back before submit() and ask() return. */
static void store_on_return(struct store *store, void (*wake)(void *context), void *context)
{
	(void)store;
	(void)wake;
	(void)context;
}

static void store_collect(struct store *store)
{
	(void)store;
}

/* Pages that those who came have filled are read again by whoever writes next. */
static void store_rest_now(struct store *store)
{
	sqlite3_db_release_memory(mine(store)->db);
}

static void store_give_up(struct store *store)
{
	(void)store;
}

/* SQLite has no lasting trouble: the batch that meets a fault fails at once. */
static bool store_trouble(struct store *store, char trouble[STORE_TROUBLE_BYTES])
{
	(void)store;
	*trouble = '\0';
	return false;
}

static bool store_takes(struct store *store)
{
	(void)store;
	return true;
}

static void store_reach(const struct store *store, struct store_reach *reach)
{
	(void)store;
	*reach = (struct store_reach){.has_local = false};
}

static const struct store_ops sqlite_ops = {
    .reach = store_reach,
    .rest = store_rest_now,
    .give_up = store_give_up,
    .takes = store_takes,
    .trouble = store_trouble,
    .on_return = store_on_return,
    .collect = store_collect,
    .close = store_close,
    .load = store_load,
    .submit = store_submit,
    .ask = store_ask,
    .watch = store_watch,
    .has_leftovers = store_has_leftovers,
    .reader_open = store_reader_open,
    .indexer_open = store_indexer_open,
};

static int read_meta(struct sqlite_store *self)
{
	sqlite3_stmt *meta;
	int result = sqlite3_prepare_v2(self->db,
					"SELECT (SELECT value FROM meta WHERE key='epoch'), (SELECT value "
					"FROM meta WHERE key='author_key')",
					-1, &meta, NULL);
	if (result == SQLITE_OK && sqlite3_step(meta) == SQLITE_ROW &&
	    sqlite3_column_bytes(meta, 1) == sizeof self->store.author_key) {
		snprintf(self->store.epoch, sizeof self->store.epoch, "%s",
			 (const char *)sqlite3_column_text(meta, 0));
		memcpy(self->store.author_key, sqlite3_column_blob(meta, 1), sizeof self->store.author_key);
	} else {
		result = SQLITE_CORRUPT;
	}
	sqlite3_finalize(meta);
	return result;
}

#define LOCK_PAUSE_NS  500000
#define LOCK_WAITS_MAX 10000 /* some seconds */

/* The administration and the indexer write now and then, for some milliseconds. SQLite's own way of waiting
 * sleeps ever longer, up to 100 ms, and everybody would wait with the chat thread. */
static int wait_for_writer(void *context, int waits)
{
	static const struct timespec pause = {.tv_nsec = LOCK_PAUSE_NS};
	(void)context;
	nanosleep(&pause, NULL);
	return waits < LOCK_WAITS_MAX;
}

/* Opens the file and brings it up to this version. 0, or -1 with `problem` filled in. */
static int open_database(struct sqlite_store *self, const char *directory, char *problem,
			 size_t problem_bytes)
{
	if (sqlite_restore_was_cut_off(directory)) {
		snprintf(problem, problem_bytes,
			 "a restore was cut off; give brusiod restore the backup once more (what was there "
			 "before lies beside it, in before-restore)");
		return -1;
	}
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
	int result = sqlite_log_open(self->path, &self->db, flags);
	if (result == SQLITE_OK)
		result = sqlite3_busy_handler(self->db, wait_for_writer, NULL);
	if (result == SQLITE_OK && sqlite_schema_check(self->db, problem, problem_bytes) != 0)
		return -1;
	if (result == SQLITE_OK)
		result = sqlite_schema_configure(self->db);
	if (result == SQLITE_OK && sqlite_schema_migrate(self->db, true, problem, problem_bytes) != 0)
		return -1;
	if (result == SQLITE_OK)
		result = sqlite_log_secure(self->db);
	if (result == SQLITE_OK)
		result = read_meta(self);
	if (result == SQLITE_OK && sqlite_writer_init(&self->writer, self->db) == STORE_OK)
		return 0;
	snprintf(problem, problem_bytes, "%s", sqlite3_errmsg(self->db));
	return -1;
}

void sqlite_begin(const char *directory)
{
	unsigned char one;
	/* SQLite puts what does not fit into memory into a file, which must be where a sandboxed server may write.
	 * SQLite looks at this once, when it is first used. */
	setenv("SQLITE_TMPDIR", directory, 1);
	/* Counting the memory of SQLite, which is not read, takes a lock of all threads for each piece.
	 * Later openings find it set. */
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	/* Reads the system's random numbers once, which a sandboxed server cannot. */
	sqlite3_randomness(sizeof one, &one);
}

int sqlite_store_open(const char *directory, const char *url, struct store **store, char *problem,
		      size_t problem_bytes)
{
	(void)url;
	sqlite_begin(directory);
	int lock_fd = data_directory_take(directory, problem, problem_bytes);
	if (lock_fd < 0)
		return STORE_FAILED;
	struct sqlite_store *self = mem_zero(sizeof *self);
	self->lock_fd = lock_fd;
	self->store.ops = &sqlite_ops;
	self->path = mem_alloc(strlen(directory) + sizeof "/brusio.db");
	sprintf(self->path, "%s/brusio.db", directory);
	char why[512];
	if (open_database(self, directory, why, sizeof why) != 0) {
		snprintf(problem, problem_bytes, "the database %s cannot be used: %s", self->path, why);
		store_close(&self->store);
		return STORE_FAILED;
	}
	*store = &self->store;
	return STORE_OK;
}
