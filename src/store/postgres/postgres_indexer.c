#include "store/postgres/postgres_indexer.h"

#include "base/logging.h"
#include "base/memory.h"
#include "store/sqlite/sqlite_call.h"
#include "store/sqlite/sqlite_indexer.h"
#include "store/sqlite/sqlite_search.h"

#include <stdlib.h>
#include <time.h>

struct postgres_indexer {
	struct store_indexer indexer; /* first */
	struct store_indexer *inner;
	struct postgres_link link;
	struct postgres_gate *gate;
	sqlite3 *db;           /* the inner one's */
	int64_t safe;          /* all ids up to here are known to be stored, or never will be */
	int waits;             /* in a row, for transactions to end */
	int64_t drawn, bounds; /* `drawn` becomes safe when no transaction before `bounds` runs any more */
};

static struct postgres_indexer *indexer_of(struct store_indexer *base)
{
	return (struct postgres_indexer *)base;
}

/* --- what is safe --- */

/* Two statements: the snapshot of the second one knows every transaction that has drawn what the first one sees. A batch
 * has a transaction id before it draws, since it locks rows first. */
static int look_at_horizon(struct postgres_indexer *self)
{
	PGresult *last = postgres_query(
	    &self->link, "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM entries_id", "");
	PGresult *running =
	    last ? postgres_query(&self->link,
				  "SELECT pg_snapshot_xmin(s)::text, pg_snapshot_xmax(s)::text FROM"
				  " pg_current_snapshot() s",
				  "")
		 : NULL;
	if (running) {
		int64_t drawn = postgres_number(last, 0, 0), oldest = postgres_number(running, 0, 0),
			next = postgres_number(running, 0, 1);
		if (oldest >= self->bounds)
			self->safe = self->drawn;
		if (oldest == next)
			self->safe = drawn;
		if (self->safe >= self->drawn) {
			self->drawn = drawn;
			self->bounds = next;
		}
		libpq.clear(running);
	}
	if (last)
		libpq.clear(last);
	return running ? STORE_OK : STORE_FAILED;
}

/* --- into the memory of SQLite --- */

static int feed_rows(sqlite3 *db, const PGresult *rows)
{
	sqlite3_stmt *insert;
	if (sqlite3_prepare_v2(
		db,
		"INSERT OR REPLACE INTO chat.entries(id, room, name, text, kind, time_ms, flags)"
		" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
		-1, &insert, NULL) != SQLITE_OK)
		return STORE_FAILED;
	int result = SQLITE_DONE;
	for (int i = 0; i < libpq.ntuples(rows) && result == SQLITE_DONE; i++) {
		sqlite3_bind_int64(insert, 1, postgres_number(rows, i, 0));
		sqlite3_bind_int64(insert, 2, postgres_number(rows, i, 1));
		sqlite3_bind_text(insert, 3, postgres_text(rows, i, 2), -1, SQLITE_STATIC);
		sqlite3_bind_text(insert, 4, postgres_text(rows, i, 3), -1, SQLITE_STATIC);
		sqlite3_bind_int64(insert, 5, postgres_number(rows, i, 4));
		sqlite3_bind_int64(insert, 6, postgres_number(rows, i, 5));
		sqlite3_bind_int64(insert, 7, postgres_number(rows, i, 6));
		result = sqlite3_step(insert);
		sqlite3_reset(insert);
	}
	sqlite3_finalize(insert);
	return result == SQLITE_DONE ? STORE_OK : STORE_FAILED;
}

/* The names of the files of what was fed: an edit's are those of its message. */
static int feed_files(struct postgres_indexer *self, int64_t after, int64_t last)
{
	PGresult *rows = postgres_query(
	    &self->link,
	    "SELECT e.id, f.place, f.name FROM entries e JOIN entries s ON s.room = e.room AND s.seq ="
	    " CASE WHEN e.kind = 2 THEN e.ref ELSE e.seq END JOIN files f ON f.entry = s.id AND"
	    " f.entry <> 0 WHERE e.id > $1 AND e.id <= $2 AND e.kind IN (1, 2) AND s.flags & 1028 = 1024",
	    "ii", after, last);
	if (!rows)
		return STORE_FAILED;
	int result = STORE_OK;
	for (int i = 0; i < libpq.ntuples(rows) && result == STORE_OK; i++)
		if (sqlite_run(self->db, "INSERT OR REPLACE INTO chat.files VALUES(?1, ?2, ?3)", "iit",
			       postgres_number(rows, i, 0), postgres_number(rows, i, 1),
			       postgres_text(rows, i, 2)) != SQLITE_OK)
			result = STORE_FAILED;
	libpq.clear(rows);
	return result;
}

/* An edit stands for its message, so it has the time and the flags of that. *last: the id of the last one, if any. */
static int feed(struct postgres_indexer *self, int64_t after, int64_t up_to, size_t limit, int64_t *last)
{
	PGresult *rows =
	    postgres_query(&self->link,
			   "SELECT e.id, e.room, e.name, e.text, e.kind, coalesce(s.time_ms, e.time_ms),"
			   " coalesce(s.flags, e.flags) FROM entries e LEFT JOIN entries s ON e.kind = 2"
			   " AND s.room = e.room AND s.seq = e.ref WHERE e.id > $1 AND e.id <= $2"
			   " ORDER BY e.id LIMIT $3",
			   "iii", after, up_to, (int64_t)limit);
	if (!rows)
		return STORE_FAILED;
	int count = libpq.ntuples(rows);
	int result = feed_rows(self->db, rows);
	*last = count ? postgres_number(rows, count - 1, 0) : up_to;
	libpq.clear(rows);
	return result == STORE_OK && count ? feed_files(self, after, *last) : result;
}

static int forget_fed(struct postgres_indexer *self)
{
	int result = sqlite3_exec(
	    self->db, "DELETE FROM chat.entries; DELETE FROM chat.files; DELETE FROM chat.forgotten", NULL,
	    NULL, NULL);
	return result == SQLITE_OK ? STORE_OK : STORE_FAILED;
}

/* --- what must be forgotten --- */

#define FEED_ROWS 2000

/* Brings the notes of the newest segment that has some, and what that segment says now, as far as it is indexed.
 * *segment -1: there is none. */
static int feed_forgotten(struct postgres_indexer *self, int64_t indexed, int64_t *segment)
{
	*segment = -1;
	PGresult *rows =
	    postgres_query(&self->link,
			   "SELECT f.entry FROM forgotten f WHERE f.entry >= (SELECT max(entry) FROM"
			   " forgotten) / $1 * $1 ORDER BY f.entry",
			   "i", (int64_t)SEARCH_SEGMENT);
	if (!rows)
		return STORE_FAILED;
	int result = STORE_OK;
	for (int i = 0; i < libpq.ntuples(rows) && result == STORE_OK; i++) {
		*segment = postgres_number(rows, i, 0) / SEARCH_SEGMENT;
		if (sqlite_run(self->db, "INSERT OR IGNORE INTO chat.forgotten VALUES(?1)", "i",
			       postgres_number(rows, i, 0)) != SQLITE_OK)
			result = STORE_FAILED;
	}
	libpq.clear(rows);
	int64_t last = *segment * SEARCH_SEGMENT - 1, end = (*segment + 1) * SEARCH_SEGMENT - 1;
	if (end > indexed)
		end = indexed;
	while (*segment >= 0 && result == STORE_OK && last < end)
		result = feed(self, last, end, FEED_ROWS, &last);
	return result;
}

/* The notes that the index has taken out; those that came meanwhile were not brought. */
static int tear_up_notes(struct postgres_indexer *self)
{
	sqlite3_stmt *row = sqlite_prepare(self->db, "SELECT count(*) FROM chat.forgotten", "");
	bool is_done = row && sqlite3_step(row) == SQLITE_ROW && !sqlite3_column_int64(row, 0);
	sqlite3_finalize(row);
	sqlite3_stmt *notes = is_done ? sqlite_prepare(self->db, "SELECT entry FROM temp.gone", "") : NULL;
	int result = STORE_OK;
	while (notes && result == STORE_OK && sqlite3_step(notes) == SQLITE_ROW) {
		PGresult *gone = postgres_query(&self->link, "DELETE FROM forgotten WHERE entry = $1", "i",
						(int64_t)sqlite3_column_int64(notes, 0));
		result = gone ? STORE_OK : STORE_FAILED;
		if (gone)
			libpq.clear(gone);
	}
	sqlite3_finalize(notes);
	return result;
}

/* --- steps --- */

#define WAIT_MS     10
#define WAIT_MS_MAX 500

/* Something is drawn and somebody still writes: there is more to do soon. */
static void rest_for_others(struct postgres_indexer *self, size_t *did)
{
	int ms = self->waits < WAIT_MS_MAX / WAIT_MS ? self->waits * WAIT_MS : WAIT_MS_MAX;
	struct timespec pause = {.tv_nsec = ms * 1000000L};
	nanosleep(&pause, NULL);
	*did = 1;
}

static int run_step(struct postgres_indexer *self, size_t limit, size_t *did)
{
	int64_t last, fed, segment = -1;
	if (look_at_horizon(self) != STORE_OK || sqlite_search_last_id(self->db, &last) != SQLITE_OK)
		return STORE_FAILED;
	int result = last < self->safe ? feed(self, last, self->safe, limit, &fed) : STORE_OK;
	sqlite3_stmt *row = sqlite_prepare(self->db, "SELECT 1 FROM chat.entries LIMIT 1", "");
	bool has_new = row && sqlite3_step(row) == SQLITE_ROW;
	sqlite3_finalize(row);
	/* A forgotten entry may be behind the newest indexed entry: only then is its place known. */
	if (result == STORE_OK && !has_new)
		result = feed_forgotten(self, last, &segment);
	/* A search finds nothing that may yet be gone; the indexer looks again when the next batch is stored. */
	if (result == STORE_OK && !postgres_gate_pass_link(self->gate, &self->link))
		return STORE_OK;
	if (result == STORE_OK)
		result = self->inner->ops->step(self->inner, limit, did);
	if (result == STORE_OK && segment >= 0)
		result = tear_up_notes(self);
	self->waits = *did || self->safe >= self->drawn ? 0 : self->waits + 1;
	if (self->waits)
		rest_for_others(self, did);
	return result;
}

static int postgres_indexer_step(struct store_indexer *base, size_t limit, size_t *did)
{
	struct postgres_indexer *self = indexer_of(base);
	*did = 0;
	int result = postgres_link_open(&self->link) ? STORE_FAILED : run_step(self, limit, did);
	if (forget_fed(self) != STORE_OK)
		result = STORE_FAILED;
	/* One that is out of reach is told by the store, once. */
	if (result != STORE_OK && self->link.conn)
		LOG_WARN("search.index", "error=\"%s\"", self->link.error);
	return result;
}

static void postgres_indexer_close(struct store_indexer *base)
{
	struct postgres_indexer *self = indexer_of(base);
	if (self->inner)
		self->inner->ops->close(self->inner);
	postgres_link_close(&self->link);
	free(self);
}

static const struct store_indexer_ops postgres_indexer_ops = {.close = postgres_indexer_close,
							      .step = postgres_indexer_step};

int postgres_indexer_open(struct postgres_place *place, struct postgres_gate *gate, const char *path,
			  const char *epoch, struct store_indexer **made)
{
	struct postgres_indexer *self = mem_zero(sizeof *self);
	self->indexer.ops = &postgres_indexer_ops;
	self->gate = gate;
	postgres_link_init(&self->link, place);
	if (sqlite_indexer_open(path, epoch, ":memory:", &self->inner) != STORE_OK) {
		postgres_indexer_close(&self->indexer);
		return STORE_FAILED;
	}
	self->db = sqlite_indexer_database(self->inner);
	/* Rows that are fed are joined already, so seq and ref stay NULL. */
	if (sqlite3_exec(self->db,
			 "CREATE TABLE chat.entries(id INTEGER PRIMARY KEY, room, name, text, kind, time_ms,"
			 " seq, ref, flags);"
			 "CREATE TABLE chat.files(entry, place, name, PRIMARY KEY(entry, place))"
			 " WITHOUT ROWID;"
			 "CREATE TABLE chat.forgotten(entry INTEGER PRIMARY KEY)",
			 NULL, NULL, NULL) != SQLITE_OK) {
		postgres_indexer_close(&self->indexer);
		return STORE_FAILED;
	}
	*made = &self->indexer;
	return STORE_OK;
}
