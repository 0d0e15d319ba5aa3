#include "store/sqlite/sqlite_indexer.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/decimal.h"
#include "base/logging.h"
#include "base/memory.h"
#include "base/text/utf8.h"
#include "store/sqlite/sqlite_call.h"
#include "store/sqlite/sqlite_log.h"
#include "store/sqlite/sqlite_search.h"
#include "store/sqlite/sqlite_tokenizer.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct sqlite_indexer {
	struct store_indexer indexer;
	sqlite3 *db;           /* main: search.db; attached as chat: brusio.db */
	char *path;            /* of search.db */
	int64_t rest_until_ms; /* monotonic: nothing is forgotten before */
};

/* So many times as long as it took to make a segment anew, none is: people edit all the time. */
#define FORGET_RESTS 9

/* --- documents --- */

/* Makes the segment where it is not there, and prepares the adding of documents to it. */
static sqlite3_stmt *open_segment(sqlite3 *db, int64_t segment)
{
	char sql[256];
	snprintf(sql, sizeof sql,
		 "CREATE VIRTUAL TABLE IF NOT EXISTS main.segment_%" PRId64
		 " USING fts5(body, tags, content='', columnsize=0, tokenize='" SQLITE_TOKENIZER "')",
		 segment);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite_run(db, "INSERT OR IGNORE INTO main.segments VALUES(?1, ?2, ?3)", "iii", segment,
		       INT64_MAX, INT64_MIN) != SQLITE_OK)
		return NULL;
	snprintf(sql, sizeof sql,
		 "INSERT INTO main.segment_%" PRId64 "(rowid, body, tags) VALUES(?1, ?2, ?3)", segment);
	return sqlite_prepare(db, sql, "");
}

/* The documents of one segment that are being added. */
struct adding {
	sqlite3 *db;
	sqlite3_stmt *insert, *names;
	int64_t segment;           /* -1: none yet */
	int64_t first_ms, last_ms; /* of the messages that they are about */
	struct buffer tags, body;
};

static int close_segment(struct adding *adding)
{
	if (!adding->insert)
		return SQLITE_OK;
	sqlite3_finalize(adding->insert);
	adding->insert = NULL;
	return sqlite_run(adding->db,
			  "UPDATE main.segments SET first_ms=min(first_ms, ?2), last_ms=max(last_ms, ?3)"
			  " WHERE number=?1",
			  "iii", adding->segment, adding->first_ms, adding->last_ms);
}

static int change_segment(struct adding *adding, int64_t segment)
{
	int result = close_segment(adding);
	if (result != SQLITE_OK)
		return result;
	adding->segment = segment;
	adding->first_ms = INT64_MAX;
	adding->last_ms = INT64_MIN;
	adding->insert = open_segment(adding->db, segment);
	return adding->insert ? SQLITE_OK : SQLITE_ERROR;
}

static bool has_link(const char *text)
{
	for (const char *at = text; (at = strstr(at, "://")); at += 3) {
		bool is_web = (at - text >= 4 && !strncasecmp(at - 4, "http", 4)) ||
			      (at - text >= 5 && !strncasecmp(at - 5, "https", 5));
		if (is_web && (unsigned char)at[3] > ' ')
			return true;
	}
	return false;
}

enum { ROW_ID, ROW_ROOM, ROW_NAME, ROW_TEXT, ROW_KIND, ROW_TIME, ROW_SAID, ROW_FLAGS };

/* The columns of the enum above. An edit stands for its message, so it has the time and the files of that. */
#define ROWS                                                                              \
	"SELECT e.id, e.room, e.name, e.text, e.kind, coalesce(said.time_ms, e.time_ms)," \
	" coalesce(said.id, e.id), coalesce(said.flags, e.flags)"                         \
	" FROM chat.entries AS e LEFT JOIN chat.entries AS said"                          \
	" ON e.kind=2 AND said.room=e.room AND said.seq=e.ref"                            \
	" WHERE e.id>?1 AND e.id<?2 ORDER BY e.id LIMIT ?3"

/* Not a part of ROWS: SQLite aborts a statement that opens a table for the first time after a segment was made. */
#define FILE_NAMES "SELECT name FROM chat.files WHERE entry=?1 AND entry<>0 ORDER BY place"

static_assert(ENTRY_EDIT == 2, "ROWS knows the number of an edit");

/* Fills adding->body with the text and the names of the files, which a deletion has taken away. An edit that another one has
 * replaced has neither: the message itself has the names. */
static int find_words(struct adding *adding, sqlite3_stmt *row, bool *has_file)
{
	int result = SQLITE_DONE;
	*has_file = false;
	buffer_clear(&adding->body);
	buffer_add_string(&adding->body, sqlite_text(row, ROW_TEXT));
	bool is_replaced = sqlite3_column_int(row, ROW_KIND) == ENTRY_EDIT && !buffer_length(&adding->body);
	if (is_replaced || !(sqlite3_column_int64(row, ROW_FLAGS) & ENTRY_FILES))
		return SQLITE_OK;
	sqlite3_bind_int64(adding->names, 1, sqlite3_column_int64(row, ROW_SAID));
	while ((result = sqlite3_step(adding->names)) == SQLITE_ROW) {
		buffer_add_char(&adding->body, '\n');
		buffer_add_string(&adding->body, sqlite_text(adding->names, 0));
		*has_file = true;
	}
	sqlite3_reset(adding->names);
	return result == SQLITE_DONE ? SQLITE_OK : result;
}

static int add_document(struct adding *adding, sqlite3_stmt *row, bool has_file)
{
	char tag[SEARCH_TAG_BYTES], room[DECIMAL_BYTES_MAX];
	const char *text = sqlite_text(row, ROW_TEXT);
	int64_t time_ms = sqlite3_column_int64(row, ROW_TIME);
	char *folded = utf8_fold(sqlite_text(row, ROW_NAME));
	search_name_tag(folded ? folded : "", tag);
	free(folded);
	buffer_clear(&adding->tags);
	buffer_add_string(&adding->tags, SEARCH_TAG_ROOM);
	buffer_add(&adding->tags, room, decimal_write(room, (uint64_t)sqlite3_column_int64(row, ROW_ROOM)));
	buffer_add_char(&adding->tags, ' ');
	buffer_add_string(&adding->tags, tag);
	buffer_add_string(&adding->tags, has_link(text) ? " " SEARCH_TAG_LINK : "");
	buffer_add_string(&adding->tags, has_file ? " " SEARCH_TAG_FILE : "");
	if (time_ms < adding->first_ms)
		adding->first_ms = time_ms;
	if (time_ms > adding->last_ms)
		adding->last_ms = time_ms;
	sqlite3_bind_int64(adding->insert, 1, sqlite3_column_int64(row, ROW_ID));
	sqlite3_bind_text(adding->insert, 2, buffer_bytes(&adding->body), (int)buffer_length(&adding->body),
			  SQLITE_STATIC);
	sqlite3_bind_text(adding->insert, 3, buffer_bytes(&adding->tags), (int)buffer_length(&adding->tags),
			  SQLITE_STATIC);
	int result = sqlite3_step(adding->insert);
	sqlite3_reset(adding->insert);
	return result == SQLITE_DONE ? SQLITE_OK : result;
}

static int indexer_add_row(struct adding *adding, sqlite3_stmt *row)
{
	int kind = sqlite3_column_int(row, ROW_KIND);
	bool has_file;
	if (kind != ENTRY_MESSAGE && kind != ENTRY_EDIT)
		return SQLITE_OK;
	int result = find_words(adding, row, &has_file);
	if (result != SQLITE_OK || !buffer_length(&adding->body))
		return result;
	int64_t segment = sqlite3_column_int64(row, ROW_ID) / SEARCH_SEGMENT;
	result = segment == adding->segment ? SQLITE_OK : change_segment(adding, segment);
	return result == SQLITE_OK ? add_document(adding, row, has_file) : result;
}

/* Adds the documents with after < id < before, at most `limit`; *last is the last id looked at. */
static int indexer_add_range(sqlite3 *db, int64_t after, int64_t before, size_t limit, int64_t *last,
			     size_t *did)
{
	struct adding adding = {.db = db, .segment = -1, .tags = BUFFER_EMPTY, .body = BUFFER_EMPTY};
	sqlite3_stmt *rows = sqlite_prepare(db, ROWS, "iii", after, before, (int64_t)limit);
	adding.names = sqlite_prepare(db, FILE_NAMES, "");
	int result = SQLITE_ERROR;
	*did = 0;
	while (rows && adding.names && (result = sqlite3_step(rows)) == SQLITE_ROW) {
		*last = sqlite3_column_int64(rows, ROW_ID);
		++*did;
		result = indexer_add_row(&adding, rows);
		if (result != SQLITE_OK)
			break;
	}
	int closed = close_segment(&adding);
	buffer_release(&adding.tags);
	buffer_release(&adding.body);
	sqlite3_finalize(adding.names);
	sqlite3_finalize(rows);
	return result == SQLITE_DONE ? closed : result;
}

/* *number: 0 where there is no row. */
static int indexer_number(sqlite3 *db, const char *sql, int64_t *number)
{
	sqlite3_stmt *row = sqlite_prepare(db, sql, "");
	int result = row ? sqlite3_step(row) : sqlite3_errcode(db);
	*number = result == SQLITE_ROW ? sqlite3_column_int64(row, 0) : 0;
	sqlite3_finalize(row);
	return result == SQLITE_ROW || result == SQLITE_DONE ? SQLITE_OK : result;
}

static int last_id(sqlite3 *db, int64_t *id)
{
	return indexer_number(db, "SELECT value FROM main.meta WHERE key='last_id'", id);
}

static int set_last_id(sqlite3 *db, int64_t id)
{
	return sqlite_run(db, "INSERT OR REPLACE INTO main.meta(key, value) VALUES('last_id', ?1)", "i", id);
}

static int indexer_begin(sqlite3 *db)
{
	return sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
}

static int indexer_finish(sqlite3 *db, int result)
{
	if (result == SQLITE_OK)
		result = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	if (result != SQLITE_OK && !sqlite3_get_autocommit(db))
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return result;
}

static int index_new(sqlite3 *db, size_t limit, size_t *did)
{
	int64_t last;
	int result = indexer_begin(db);
	if (result == SQLITE_OK)
		result = last_id(db, &last);
	if (result == SQLITE_OK)
		result = indexer_add_range(db, last, INT64_MAX, limit, &last, did);
	if (result == SQLITE_OK && *did)
		result = set_last_id(db, last);
	return indexer_finish(db, result);
}

/* Makes the segment anew from what the entries say now: a forgotten text is not among them any more. */
static int remake_segment(sqlite3 *db, int64_t segment)
{
	char sql[96];
	size_t did;
	int64_t last = 0, end = 0, before = (segment + 1) * SEARCH_SEGMENT;
	snprintf(sql, sizeof sql, "DROP TABLE IF EXISTS main.segment_%" PRId64, segment);
	int result = indexer_begin(db);
	if (result == SQLITE_OK)
		result = last_id(db, &end);
	if (result == SQLITE_OK)
		result = sqlite3_exec(db, sql, NULL, NULL, NULL);
	if (result == SQLITE_OK)
		result = sqlite_run(db, "DELETE FROM main.segments WHERE number=?1", "i", segment);
	if (result == SQLITE_OK)
		result = indexer_add_range(db, segment * SEARCH_SEGMENT - 1,
					   before < end + 1 ? before : end + 1, SIZE_MAX >> 1, &last, &did);
	return indexer_finish(db, result);
}

/* Takes out of the index what was deleted, then out of the logs of both databases. The index is not synced
 * as a rule, since it can be made again; here it is, before the note is torn up that says what must go. */
static int forget(sqlite3 *db, size_t *did)
{
	int64_t id;
	int result = indexer_number(db, "SELECT coalesce(max(entry), 0) FROM chat.forgotten", &id);
	if (result != SQLITE_OK || !id)
		return result;
	int64_t segment = id / SEARCH_SEGMENT;
	/* Only what was deleted before the segment is made: what is deleted meanwhile may still be in it. */
	result = sqlite3_exec(
	    db, "CREATE TABLE IF NOT EXISTS temp.gone(entry INTEGER PRIMARY KEY); DELETE FROM temp.gone",
	    NULL, NULL, NULL);
	if (result == SQLITE_OK)
		result = sqlite_run(
		    db,
		    "INSERT INTO temp.gone SELECT entry FROM chat.forgotten WHERE entry>=?1 AND entry<=?2",
		    "ii", segment * SEARCH_SEGMENT, id);
	if (result == SQLITE_OK)
		result = sqlite3_exec(db, "PRAGMA main.synchronous=FULL", NULL, NULL, NULL);
	if (result == SQLITE_OK)
		result = remake_segment(db, segment);
	sqlite3_exec(db, "PRAGMA main.synchronous=NORMAL", NULL, NULL, NULL);
	if (result == SQLITE_OK)
		result = sqlite_run(
		    db, "DELETE FROM chat.forgotten WHERE entry IN (SELECT entry FROM temp.gone)", "");
	/* Best effort: a reader in the middle of a page keeps the logs as they are until the next time. */
	if (result == SQLITE_OK)
		sqlite3_exec(db, "PRAGMA main.wal_checkpoint(TRUNCATE); PRAGMA chat.wal_checkpoint(TRUNCATE)",
			     NULL, NULL, NULL);
	*did = 1;
	return result;
}

static bool is_damaged(int result)
{
	return (result & 0xff) == SQLITE_CORRUPT || (result & 0xff) == SQLITE_NOTADB;
}

static void delete_files(const char *path)
{
	static const char *const endings[] = {"", "-wal", "-shm"};
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		char name[SEARCH_PATH_BYTES + 8];
		snprintf(name, sizeof name, "%s%s", path, endings[i]);
		vfs->xDelete(vfs, name, 0);
	}
}

/* The next opening begins with an empty index. Those who search in the old one notice that it is gone. */
static void throw_away(const char *path)
{
	LOG_ERROR("search.damaged", "file=%s effect=\"the index is made anew\"", path);
	delete_files(path);
}

static int indexer_step(struct store_indexer *base, size_t limit, size_t *did)
{
	struct sqlite_indexer *self = (struct sqlite_indexer *)base;
	*did = 0;
	int result = index_new(self->db, limit, did);
	/* A forgotten entry may be behind the newest indexed entry: only then is its place known. */
	int64_t begun_ms = clock_mono_ms();
	if (result == SQLITE_OK && !*did && begun_ms >= self->rest_until_ms) {
		result = forget(self->db, did);
		int64_t ended_ms = clock_mono_ms();
		self->rest_until_ms = ended_ms + FORGET_RESTS * (ended_ms - begun_ms);
	}
	if (result == SQLITE_OK)
		return STORE_OK;
	LOG_ERROR("search.index", "error=\"%s\" code=%d", sqlite3_errmsg(self->db), result);
	if (is_damaged(result))
		throw_away(self->path);
	return STORE_FAILED;
}

static void indexer_close(struct store_indexer *base)
{
	struct sqlite_indexer *self = (struct sqlite_indexer *)base;
	sqlite3_close(self->db);
	free(self->path);
	free(self);
}

sqlite3 *sqlite_indexer_database(struct store_indexer *indexer)
{
	return ((struct sqlite_indexer *)indexer)->db;
}

static const struct store_indexer_ops indexer_ops = {.close = indexer_close, .step = indexer_step};

/* Whether what is there was made from this history by these rules. SQLITE_ROW: yes. SQLITE_DONE: it must go.
 */
static int is_right(sqlite3 *db, const char *epoch)
{
	sqlite3_stmt *same = sqlite_prepare(db,
					    "SELECT 1 FROM main.meta AS one, main.meta AS other"
					    " WHERE one.key='epoch' AND one.value=?1"
					    " AND other.key='format' AND other.value=?2",
					    "ti", epoch, (int64_t)SEARCH_FORMAT);
	int result = same ? sqlite3_step(same) : sqlite3_errcode(db);
	sqlite3_finalize(same);
	/* Other tables than these: it is not ours. */
	return result == SQLITE_ERROR ? SQLITE_DONE : result;
}

/* An index that was not begun, or whose first transaction was not finished, is empty. */
static int begin_index(sqlite3 *db, const char *epoch)
{
	int result = indexer_begin(db);
	if (result == SQLITE_OK)
		result = sqlite3_exec(db,
				      "CREATE TABLE main.meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
				      "CREATE TABLE main.segments(number INTEGER PRIMARY KEY,"
				      " first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL);",
				      NULL, NULL, NULL);
	if (result == SQLITE_OK)
		result = sqlite_run(db, "INSERT INTO main.meta VALUES('epoch', ?1), ('format', ?2)", "ti",
				    epoch, (int64_t)SEARCH_FORMAT);
	if (result == SQLITE_OK)
		result = set_last_id(db, 0);
	return indexer_finish(db, result);
}

/* SQLITE_DONE: the index is of another history, or of other rules, and has to be made anew. */
static int indexer_open_file(sqlite3 *db, const char *chat, const char *epoch)
{
	int64_t tables = 0;
	int result = sqlite_tokenizer_register(db);
	if (result == SQLITE_OK)
		result = sqlite3_exec(db, "PRAGMA main.journal_mode=WAL", NULL, NULL, NULL);
	/* Looked at first, since only then it has a log. */
	if (result == SQLITE_OK)
		result = indexer_number(db, "SELECT count(*) FROM main.sqlite_master", &tables);
	if (result == SQLITE_OK)
		result = sqlite_log_secure(db);
	if (result == SQLITE_OK)
		result = sqlite_run(db, "ATTACH ?1 AS chat", "t", chat);
	if (result == SQLITE_OK)
		result = sqlite3_exec(db,
				      "PRAGMA main.synchronous=NORMAL; PRAGMA secure_delete=ON;"
				      "PRAGMA main.cache_size=-16384;",
				      NULL, NULL, NULL);
	if (result != SQLITE_OK)
		return result;
	if (!tables)
		return begin_index(db, epoch);
	result = is_right(db, epoch);
	return result == SQLITE_ROW ? SQLITE_OK : result;
}

static int open_file(struct sqlite_indexer *self, const char *chat, const char *epoch)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
	int result = sqlite3_open_v2(self->path, &self->db, flags, NULL);
	if (result == SQLITE_OK)
		result = sqlite3_busy_timeout(self->db, 5000);
	return result == SQLITE_OK ? indexer_open_file(self->db, chat, epoch) : result;
}

int sqlite_indexer_open(const char *path, const char *epoch, const char *chat, struct store_indexer **indexer)
{
	char index[SEARCH_PATH_BYTES];
	struct sqlite_indexer *self = mem_zero(sizeof *self);
	self->indexer.ops = &indexer_ops;
	search_path(path, index);
	self->path = mem_string(index);
	int result = open_file(self, chat ? chat : path, epoch);
	if (result == SQLITE_DONE) {
		LOG_INFO("search.outdated", "file=%s effect=\"the index is made anew\"", self->path);
		sqlite3_close(self->db);
		delete_files(self->path);
		result = open_file(self, chat ? chat : path, epoch);
	}
	if (result != SQLITE_OK) {
		LOG_ERROR("search.open", "error=\"%s\"", sqlite3_errmsg(self->db));
		if (is_damaged(result))
			throw_away(self->path);
		indexer_close(&self->indexer);
		return STORE_FAILED;
	}
	*indexer = &self->indexer;
	return STORE_OK;
}
