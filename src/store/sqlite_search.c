#include "store/sqlite_search.h"

#include "base/buffer.h"
#include "base/logging.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "store/sqlite_call.h"
#include "store/sqlite_log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_TAG_BYTES 18 /* a letter and 64 bits in hexadecimal */

struct sqlite_indexer {
	struct store_indexer indexer;
	sqlite3 *db; /* main: search.db; attached as chat: brusio.db */
	char *path;  /* of search.db */
};

static void index_path(const char *path, char *to, size_t bytes)
{
	const char *slash = strrchr(path, '/');
	snprintf(to, bytes, "%.*s/search.db", (int)(slash - path), path);
}

/* FNV-1a: the name as one word that the tokenizer leaves whole. */
static void name_tag(const char *folded, char tag[NAME_TAG_BYTES])
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	for (const unsigned char *at = (const unsigned char *)folded; *at; at++)
		hash = (hash ^ *at) * UINT64_C(0x100000001b3);
	*tag++ = 'n';
	for (int shift = 60; shift >= 0; shift -= 4)
		*tag++ = "0123456789abcdef"[hash >> shift & 15];
	*tag = '\0';
}

/* --- making the index --- */

/* Makes the segment where it is not there, and prepares the adding of documents to it. */
static sqlite3_stmt *open_segment(sqlite3 *db, int64_t segment)
{
	char sql[256];
	snprintf(sql, sizeof sql,
		 "CREATE VIRTUAL TABLE IF NOT EXISTS main.segment_%" PRId64
		 " USING fts5(body, tags, content='',"
		 " columnsize=0, tokenize=\"unicode61 remove_diacritics 2\")",
		 segment);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite_run(db, "INSERT OR IGNORE INTO main.segments(number) VALUES(?1)", "i", segment) !=
		SQLITE_OK)
		return NULL;
	snprintf(sql, sizeof sql,
		 "INSERT INTO main.segment_%" PRId64 "(rowid, body, tags) VALUES(?1, ?2, ?3)", segment);
	return sqlite_prepare(db, sql, "");
}

static int add_document(sqlite3_stmt *insert, sqlite3_stmt *row, struct buffer *tags)
{
	char tag[NAME_TAG_BYTES];
	char *folded = utf8_fold(sqlite_text(row, 2));
	name_tag(folded ? folded : "", tag);
	free(folded);
	buffer_clear(tags);
	buffer_add_char(tags, 'r');
	buffer_add_u64(tags, (uint64_t)sqlite3_column_int64(row, 1));
	buffer_add_char(tags, ' ');
	buffer_add_string(tags, tag);
	sqlite3_bind_int64(insert, 1, sqlite3_column_int64(row, 0));
	sqlite3_bind_text(insert, 2, sqlite_text(row, 3), -1, SQLITE_STATIC);
	sqlite3_bind_text(insert, 3, buffer_bytes(tags), (int)buffer_length(tags), SQLITE_STATIC);
	int result = sqlite3_step(insert);
	sqlite3_reset(insert);
	return result == SQLITE_DONE ? SQLITE_OK : result;
}

/* Adds the documents with after < id < before, at most `limit`; *last is the last id looked at. */
static int add_range(sqlite3 *db, int64_t after, int64_t before, size_t limit, int64_t *last, size_t *did)
{
	sqlite3_stmt *rows =
	    sqlite_prepare(db,
			   "SELECT id, room, name, text, kind FROM chat.entries WHERE id>?1 AND id<?2"
			   " ORDER BY id LIMIT ?3",
			   "iii", after, before, (int64_t)limit);
	sqlite3_stmt *insert = NULL;
	struct buffer tags = BUFFER_EMPTY;
	int result = rows ? SQLITE_OK : SQLITE_ERROR;
	int64_t opened = -1;
	*did = 0;
	while (rows && (result = sqlite3_step(rows)) == SQLITE_ROW) {
		*last = sqlite3_column_int64(rows, 0);
		++*did;
		int kind = sqlite3_column_int(rows, 4);
		if ((kind != ENTRY_MESSAGE && kind != ENTRY_EDIT) || !*sqlite_text(rows, 3))
			continue;
		if (*last / SEARCH_SEGMENT != opened) {
			sqlite3_finalize(insert);
			opened = *last / SEARCH_SEGMENT;
			insert = open_segment(db, opened);
		}
		result = insert ? add_document(insert, rows, &tags) : SQLITE_ERROR;
		if (result != SQLITE_OK)
			break;
	}
	buffer_release(&tags);
	sqlite3_finalize(insert);
	sqlite3_finalize(rows);
	return result == SQLITE_DONE ? SQLITE_OK : result;
}

/* *number: 0 where there is no row. */
static int number_of(sqlite3 *db, const char *sql, int64_t *number)
{
	sqlite3_stmt *row = sqlite_prepare(db, sql, "");
	int result = row ? sqlite3_step(row) : sqlite3_errcode(db);
	*number = result == SQLITE_ROW ? sqlite3_column_int64(row, 0) : 0;
	sqlite3_finalize(row);
	return result == SQLITE_ROW || result == SQLITE_DONE ? SQLITE_OK : result;
}

int sqlite_search_last_id(sqlite3 *index, int64_t *id)
{
	return number_of(index, "SELECT value FROM main.meta WHERE key='last_id'", id);
}

static int set_last_id(sqlite3 *db, int64_t id)
{
	return sqlite_run(db, "INSERT OR REPLACE INTO main.meta(key, value) VALUES('last_id', ?1)", "i", id);
}

static int begin(sqlite3 *db)
{
	return sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
}

static int finish(sqlite3 *db, int result)
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
	int result = begin(db);
	if (result == SQLITE_OK)
		result = sqlite_search_last_id(db, &last);
	if (result == SQLITE_OK)
		result = add_range(db, last, INT64_MAX, limit, &last, did);
	if (result == SQLITE_OK && *did)
		result = set_last_id(db, last);
	return finish(db, result);
}

/* Makes the segment anew from what the entries say now: a forgotten text is not among them any more. */
static int remake_segment(sqlite3 *db, int64_t segment)
{
	char sql[96];
	size_t did;
	int64_t last = 0, end = 0, before = (segment + 1) * SEARCH_SEGMENT;
	snprintf(sql, sizeof sql, "DROP TABLE IF EXISTS main.segment_%" PRId64, segment);
	int result = begin(db);
	if (result == SQLITE_OK)
		result = sqlite_search_last_id(db, &end);
	if (result == SQLITE_OK)
		result = sqlite3_exec(db, sql, NULL, NULL, NULL);
	if (result == SQLITE_OK)
		result = sqlite_run(db, "DELETE FROM main.segments WHERE number=?1", "i", segment);
	if (result == SQLITE_OK)
		result = add_range(db, segment * SEARCH_SEGMENT - 1, before < end + 1 ? before : end + 1,
				   SIZE_MAX >> 1, &last, &did);
	return finish(db, result);
}

/* Takes out of the index what was deleted, then out of the logs of both databases. The index is not synced
 * as a rule, since it can be made again; here it is, before the note is torn up that says what must go. */
static int forget(sqlite3 *db, size_t *did)
{
	int64_t id;
	int result = number_of(db, "SELECT coalesce(max(entry), 0) FROM chat.forgotten", &id);
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

/* The next opening begins with an empty index. Those who search in the old one notice that it is gone. */
static void throw_away(const char *path)
{
	static const char *const endings[] = {"", "-wal", "-shm"};
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
	LOG_ERROR("search.damaged", "file=%s effect=\"the index is made anew\"", path);
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		char name[4300];
		snprintf(name, sizeof name, "%s%s", path, endings[i]);
		vfs->xDelete(vfs, name, 0);
	}
}

static int indexer_step(struct store_indexer *base, size_t limit, size_t *did)
{
	struct sqlite_indexer *self = (struct sqlite_indexer *)base;
	*did = 0;
	int result = index_new(self->db, limit, did);
	/* What is forgotten may be behind the newest indexed entry: only then is its place known. */
	if (result == SQLITE_OK && !*did)
		result = forget(self->db, did);
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

static const struct store_indexer_ops indexer_ops = {.close = indexer_close, .step = indexer_step};

static int empty_index(sqlite3 *db, const char *epoch)
{
	int64_t segment;
	int result;
	while ((result = number_of(db, "SELECT coalesce(max(number), -1) FROM main.segments", &segment)) ==
		   SQLITE_OK &&
	       segment >= 0) {
		char sql[96];
		snprintf(sql, sizeof sql, "DROP TABLE IF EXISTS main.segment_%" PRId64, segment);
		if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK ||
		    sqlite_run(db, "DELETE FROM main.segments WHERE number=?1", "i", segment) != SQLITE_OK)
			return SQLITE_ERROR;
	}
	if (result == SQLITE_OK)
		result = set_last_id(db, 0);
	if (result == SQLITE_OK)
		result = sqlite_run(db, "INSERT OR REPLACE INTO main.meta(key, value) VALUES('epoch', ?1)",
				    "t", epoch);
	return result;
}

static int open_index(sqlite3 *db, const char *path, const char *epoch)
{
	int64_t tables;
	int result = sqlite3_exec(db, "PRAGMA main.journal_mode=WAL", NULL, NULL, NULL);
	/* Looked at first, since only then it has a log. */
	if (result == SQLITE_OK)
		result = number_of(db, "SELECT count(*) FROM main.sqlite_master", &tables);
	if (result == SQLITE_OK)
		result = sqlite_log_secure(db);
	if (result == SQLITE_OK)
		result = sqlite_run(db, "ATTACH ?1 AS chat", "t", path);
	if (result == SQLITE_OK)
		result = sqlite3_exec(
		    db,
		    "PRAGMA main.synchronous=NORMAL;"
		    "PRAGMA secure_delete=ON; PRAGMA main.cache_size=-16384;"
		    "CREATE TABLE IF NOT EXISTS main.meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
		    "CREATE TABLE IF NOT EXISTS main.segments(number INTEGER PRIMARY KEY);",
		    NULL, NULL, NULL);
	if (result != SQLITE_OK)
		return result;
	sqlite3_stmt *same =
	    sqlite_prepare(db, "SELECT 1 FROM main.meta WHERE key='epoch' AND value=?1", "t", epoch);
	result = same ? sqlite3_step(same) : sqlite3_errcode(db);
	sqlite3_finalize(same);
	/* New, or of a history that was replaced: begin at the beginning. */
	return result == SQLITE_ROW ? SQLITE_OK : result == SQLITE_DONE ? empty_index(db, epoch) : result;
}

int sqlite_indexer_open(const char *path, const char *epoch, struct store_indexer **indexer)
{
	char index[4200];
	struct sqlite_indexer *self = mem_zero(sizeof *self);
	self->indexer.ops = &indexer_ops;
	index_path(path, index, sizeof index);
	self->path = mem_string(index);
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
	int result = sqlite3_open_v2(index, &self->db, flags, NULL);
	if (result == SQLITE_OK)
		result = sqlite3_busy_timeout(self->db, 5000);
	if (result == SQLITE_OK)
		result = open_index(self->db, path, epoch);
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

/* --- searching --- */

int sqlite_search_open(const char *path, sqlite3 **index)
{
	char name[4200];
	index_path(path, name, sizeof name);
	int result = sqlite3_open_v2(name, index, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (result == SQLITE_OK) {
		sqlite3_busy_timeout(*index, 2000);
		return STORE_OK;
	}
	sqlite3_close(*index);
	*index = NULL;
	return STORE_NONE;
}

bool sqlite_search_is_gone(sqlite3 *index)
{
	int has_moved = 0;
	sqlite3_file_control(index, "main", SQLITE_FCNTL_HAS_MOVED, &has_moved);
	return has_moved;
}

static bool is_separator(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '"';
}

/* Adds one word or phrase as FTS5 wants it, quoted, so that nothing of it is an operator. */
static void add_term(struct buffer *to, const char *term, size_t length)
{
	bool is_prefix = length > 1 && term[length - 1] == '*';
	buffer_add_string(to, buffer_length(to) ? " AND \"" : "\"");
	buffer_add(to, term, length - is_prefix);
	buffer_add_string(to, is_prefix ? "\" *" : "\"");
}

static void add_terms(struct buffer *to, const char *query)
{
	while (*query) {
		if (*query == '"') {
			size_t length = strcspn(++query, "\"");
			if (length)
				add_term(to, query, length);
			query += length + (query[length] == '"');
		} else if (is_separator(*query)) {
			query++;
		} else {
			size_t length = strcspn(query, " \t\n\"");
			add_term(to, query, length);
			query += length;
		}
	}
}

/* The whole FTS5 expression, or an empty buffer where there is nothing to look for. */
static struct buffer make_expression(const struct store_search *search)
{
	struct buffer terms = BUFFER_EMPTY, expression = BUFFER_EMPTY;
	char tag[NAME_TAG_BYTES];
	add_terms(&terms, search->query);
	if (buffer_length(&terms))
		buffer_printf(&expression, "body : (%s)", buffer_string(&terms));
	buffer_release(&terms);
	if (search->from) {
		name_tag(search->from, tag);
		buffer_printf(&expression, "%stags : \"%s\"", buffer_length(&expression) ? " AND " : "", tag);
	}
	if (search->room_id && buffer_length(&expression))
		buffer_printf(&expression, " AND tags : \"r%" PRId64 "\"", search->room_id);
	return expression;
}

/* Returns SQLITE_ROW where `hit` has had enough, SQLITE_DONE at the end of the segment. */
static int search_segment(sqlite3 *index, int64_t segment, const char *expression, int64_t before,
			  bool (*hit)(void *context, int64_t id), void *context)
{
	char sql[192];
	snprintf(sql, sizeof sql,
		 "SELECT rowid FROM segment_%" PRId64 " WHERE segment_%" PRId64 " MATCH ?1 AND rowid<?2"
		 " ORDER BY rowid DESC",
		 segment, segment);
	sqlite3_stmt *rows = sqlite_prepare(index, sql, "ti", expression, before);
	int result = rows ? SQLITE_OK : SQLITE_ERROR;
	while (rows && (result = sqlite3_step(rows)) == SQLITE_ROW)
		if (!hit(context, sqlite3_column_int64(rows, 0)))
			break;
	sqlite3_finalize(rows);
	return result;
}

/* Inside one snapshot, since the indexer may make a segment anew meanwhile. */
static int search_all(sqlite3 *index, const char *expression, int64_t before,
		      bool (*hit)(void *context, int64_t id), void *context)
{
	sqlite3_stmt *segments =
	    sqlite_prepare(index, "SELECT number FROM segments WHERE number<=?1 ORDER BY number DESC", "i",
			   before / SEARCH_SEGMENT);
	/* Without the table the indexer has just begun: there is nothing to find yet. */
	int result = SQLITE_DONE, row = SQLITE_DONE;
	while (segments && result == SQLITE_DONE && (row = sqlite3_step(segments)) == SQLITE_ROW)
		result = search_segment(index, sqlite3_column_int64(segments, 0), expression, before, hit,
					context);
	sqlite3_finalize(segments);
	return row == SQLITE_ROW || row == SQLITE_DONE ? result : row;
}

int sqlite_search_run(sqlite3 *index, const struct store_search *search,
		      bool (*hit)(void *context, int64_t id), void *context)
{
	struct buffer expression = make_expression(search);
	if (!buffer_length(&expression))
		return STORE_NONE;
	int64_t before = search->before && search->before < INT64_MAX ? (int64_t)search->before : INT64_MAX;
	int result = begin(index);
	if (result == SQLITE_OK)
		result = search_all(index, buffer_string(&expression), before, hit, context);
	if (result != SQLITE_DONE && result != SQLITE_ROW)
		LOG_ERROR("search.run", "error=\"%s\"", sqlite3_errmsg(index));
	finish(index, SQLITE_OK);
	buffer_release(&expression);
	return result == SQLITE_DONE || result == SQLITE_ROW ? STORE_OK : STORE_FAILED;
}
