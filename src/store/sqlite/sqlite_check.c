#include "store/sqlite/sqlite_check.h"

#include "store/check_promise.h"
#include "store/sqlite/sqlite_call.h"
#include "store/sqlite/sqlite_tokenizer.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* How often the search index is compared before it counts as wrong. */
#define INDEX_LOOKS 3

static int check_fail(sqlite3 *db, char *problem, const char *what)
{
	snprintf(problem, ADMIN_PROBLEM_BYTES, "%s: %.300s", what, sqlite3_errmsg(db));
	return -1;
}

/* The promises that SQLite's own tables show, and those of checksums and files. */
static const char *const sqlite_promises[] = {
    "SELECT 'database: ' || integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
    /* Rows of a person who is gone keep the number. */
    "SELECT 'reaction to entry ' || entry || ': person ' || person || ' never was' FROM reactions"
    " WHERE person > (SELECT seq FROM sqlite_sequence WHERE name = 'people')",
    "SELECT 'mention of person ' || person || ' in room ' || room || ': there is no such person' FROM "
    "mentions"
    " WHERE person <> 0 AND person > (SELECT seq FROM sqlite_sequence WHERE name = 'people')",
    "SELECT 'file ' || id || ': its message is not there' FROM files WHERE entry > 0 AND entry NOT IN"
    " (SELECT id FROM entries WHERE kind = 1 AND NOT flags & 4)",
    "SELECT 'files: they are ' || value || ' bytes in all, but their rows say ' || (SELECT "
    "coalesce(sum(bytes + preview_bytes), 0)"
    " FROM files) FROM meta WHERE key = 'file_bytes' AND value <> (SELECT coalesce(sum(bytes + "
    "preview_bytes), 0) FROM "
    "files)",
    "SELECT 'room ' || r.name || ': entry ' || e.seq || ': its checksum does not fit: what is stored is not "
    "what"
    " was said' FROM entries e JOIN rooms r ON r.id = e.room WHERE CASE WHEN e.checksum IS NULL"
    " THEN e.id >= (SELECT value FROM meta WHERE key = 'checksums_from') ELSE e.checksum <> entry_checksum("
    "e.room, e.seq, e.time_ms, e.kind, e.flags, e.ref, e.name, e.ip, e.text) END",
};

static int report(sqlite3 *db, const char *sql, FILE *to, int *found, char *problem)
{
	sqlite3_stmt *rows = sqlite_prepare(db, sql, "");
	int result = rows ? SQLITE_OK : SQLITE_ERROR;
	while (rows && (result = sqlite3_step(rows)) == SQLITE_ROW) {
		fprintf(to, "%s\n", sqlite_text(rows, 0));
		++*found;
	}
	sqlite3_finalize(rows);
	return result == SQLITE_DONE ? 0 : check_fail(db, problem, "cannot check");
}

/* The documents of a segment, by the word that each has (its room), against the texts that should be there.
 */
static int check_segment(sqlite3 *db, int64_t segment, FILE *to, int *found, char *problem)
{
	char sql[1600];
	snprintf(sql, sizeof sql,
		 "CREATE VIRTUAL TABLE IF NOT EXISTS temp.words_%" PRId64
		 " USING fts5vocab('search', 'segment_%" PRId64 "', 'instance')",
		 segment, segment);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return check_fail(db, problem, "cannot read the search index");
	/* Each list is looked through once and the other asked by key: a join of the two takes their product.
	 */
	snprintf(sql, sizeof sql,
		 "WITH docs AS MATERIALIZED (SELECT DISTINCT doc FROM temp.words_%" PRId64 "),"
		 " texts AS MATERIALIZED (SELECT id FROM main.entries WHERE kind IN (1, 2) AND (text <> ''"
		 " OR (flags & 1024 AND EXISTS (SELECT 1 FROM main.files WHERE entry = entries.id AND entry "
		 "<> 0)))"
		 " AND id >= %" PRId64 " AND id < %" PRId64
		 " AND id <= (SELECT value FROM search.meta WHERE key = 'last_id'))"
		 " SELECT 'search index: segment %" PRId64 ": document ' || doc || ' has no text' FROM docs"
		 " WHERE doc NOT IN (SELECT id FROM texts) AND doc NOT IN (SELECT entry FROM main.forgotten)"
		 " UNION ALL"
		 " SELECT 'search index: segment %" PRId64 ": entry ' || id || ' is not indexed' FROM texts"
		 " WHERE id NOT IN (SELECT doc FROM docs)",
		 segment, segment * 65536, (segment + 1) * 65536, segment, segment);
	return report(db, sql, to, found, problem);
}

/* A server that has just started may have made the file and nothing in it yet. */
static bool is_index_empty(sqlite3 *db)
{
	sqlite3_stmt *tables = sqlite_prepare(
	    db, "SELECT 1 FROM search.sqlite_schema WHERE name IN ('meta', 'segments') LIMIT 1 OFFSET 1", "");
	bool is_empty = tables && sqlite3_step(tables) == SQLITE_DONE;
	sqlite3_finalize(tables);
	return is_empty;
}

static int check_segments(sqlite3 *db, FILE *to, int *found, char *problem)
{
	sqlite3_stmt *segments = sqlite_prepare(
	    db,
	    "SELECT number FROM search.segments WHERE (SELECT value FROM search.meta WHERE key='epoch') ="
	    " (SELECT value FROM main.meta WHERE key='epoch')",
	    "");
	int result = segments ? 0 : check_fail(db, problem, "cannot read the search index");
	while (!result && sqlite3_step(segments) == SQLITE_ROW)
		result = check_segment(db, sqlite3_column_int64(segments, 0), to, found, problem);
	sqlite3_finalize(segments);
	return result;
}

/* The index is a file of its own, and no snapshot spans both: a change that a server makes between our looks at the
 * one and the other seems wrong. It is right the next time. */
static int check_index(sqlite3 *db, const char *directory, FILE *to, int *found, char *problem)
{
	static const struct timespec pause = {.tv_nsec = 500000000};
	char path[4200];
	snprintf(path, sizeof path, "%s/search.db", directory);
	if (access(path, F_OK))
		return 0; /* It is made by the next start. */
	if (sqlite_tokenizer_register(db) != SQLITE_OK ||
	    sqlite_run(db, "ATTACH ?1 AS search", "t", path) != SQLITE_OK)
		return check_fail(db, problem, "cannot open the search index");
	int result = 0, wrong = !is_index_empty(db);
	for (int i = 0; i < INDEX_LOOKS && wrong && !result; i++) {
		char *said = NULL;
		size_t bytes;
		FILE *memory = open_memstream(&said, &bytes);
		if (!memory)
			abort();
		if (i)
			nanosleep(&pause, NULL);
		wrong = 0;
		result = check_segments(db, memory, &wrong, problem);
		fclose(memory);
		if (wrong && i == INDEX_LOOKS - 1)
			fputs(said, to);
		free(said);
	}
	*found += wrong;
	return result;
}

int sqlite_check(sqlite3 *db, const char *directory, FILE *to, int *found, char *problem)
{
	*found = 0;
	/* One snapshot for all questions, also while a server writes. */
	if (sqlite3_exec(db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK)
		return check_fail(db, problem, "cannot check");
	int result = 0;
	for (size_t i = 0; i < sizeof sqlite_promises / sizeof *sqlite_promises && !result; i++)
		result = report(db, sqlite_promises[i], to, found, problem);
	for (const char *const *one = check_promises; *one && !result; one++)
		result = report(db, *one, to, found, problem);
	sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	return result || !directory ? result : check_index(db, directory, to, found, problem);
}
