#include "store/sqlite/sqlite_check.h"

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

/* Each finds what must not be: one line of the report for every row, made by the query itself. */
static const char *const promises[] = {
    "SELECT 'database: ' || integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
    "SELECT 'room ' || r.name || ': entries ' || coalesce(min(e.seq), 0) || ' to ' || coalesce(max(e.seq), "
    "0) ||"
    " ' are ' || count(e.seq) || ', behind ' || r.purged_seq || ' purged ones: there is a gap'"
    " FROM rooms r JOIN entries e ON e.room = r.id WHERE NOT r.removed GROUP BY r.id"
    " HAVING count(*) <> max(e.seq) - min(e.seq) + 1 OR min(e.seq) <> r.purged_seq + 1",
    "SELECT 'entry ' || id || ': its room ' || room || ' does not exist' FROM entries"
    " WHERE room NOT IN (SELECT id FROM rooms)",
    "SELECT 'entry ' || id || ': deleted, but its text is there' FROM entries WHERE flags & 4 AND text <> ''",
    "SELECT 'entry ' || e.id || ': changes message ' || e.ref || ', which is not there' FROM entries e"
    " JOIN rooms r ON r.id = e.room WHERE e.kind IN (2, 3, 4) AND e.ref > r.purged_seq AND NOT r.removed"
    " AND NOT EXISTS"
    " (SELECT 1 FROM entries t WHERE t.room = e.room AND t.seq = e.ref AND t.kind = 1)",
    "SELECT 'entry ' || e.id || ': its newest edit ' || e.latest || ' is not there' FROM entries e"
    " WHERE e.kind = 1 AND e.latest <> 0 AND NOT EXISTS"
    " (SELECT 1 FROM entries t WHERE t.room = e.room AND t.seq = e.latest AND t.kind = 2 AND t.ref = e.seq)",
    "SELECT 'send ' || s.id || ' of person ' || s.person || ': its entry ' || s.seq || ' is not there'"
    " FROM sends s JOIN rooms r ON r.id = s.room WHERE NOT r.removed AND s.seq > r.purged_seq AND NOT EXISTS"
    " (SELECT 1 FROM entries e WHERE e.room = s.room AND e.seq = s.seq)",
    "SELECT 'reaction to entry ' || entry || ': the entry is not there' FROM reactions"
    " WHERE entry NOT IN (SELECT id FROM entries)",
    /* Rows of a person who is gone keep the number. */
    "SELECT 'reaction to entry ' || entry || ': person ' || person || ' never was' FROM reactions"
    " WHERE person > (SELECT seq FROM sqlite_sequence WHERE name = 'people')",
    "SELECT 'send ' || id || ' of person ' || person || ': there is no such person' FROM sends"
    " WHERE person NOT IN (SELECT id FROM people WHERE kind <> 2)"
    " AND person NOT IN (SELECT number FROM leftovers WHERE kind = 2)",
    "SELECT 'mention of person ' || person || ' in room ' || room || ': there is no such person' FROM "
    "mentions"
    " WHERE person <> 0 AND person > (SELECT seq FROM sqlite_sequence WHERE name = 'people')",
    "SELECT 'mention in room ' || room || ': message ' || seq || ' is not there' FROM mentions m"
    " WHERE NOT EXISTS (SELECT 1 FROM entries e WHERE e.room = m.room AND e.seq = m.seq)",
    "SELECT 'person ' || name || ': the name is not as it should be for who is here or gone' FROM people"
    " WHERE (folded IS NULL) <> (kind = 2) OR (password IS NULL) <> (kind <> 1) OR (admin AND kind <> 1)",
    "SELECT 'person ' || name || ': gone, and without a conversation' FROM people p WHERE kind = 2 AND NOT"
    " EXISTS (SELECT 1 FROM rooms WHERE direct AND side_low = p.id) AND NOT EXISTS"
    " (SELECT 1 FROM rooms WHERE direct AND side_high = p.id)",
    "SELECT 'member: person ' || person || ' in room ' || room || ': one of them does not exist' FROM members"
    " WHERE person NOT IN (SELECT id FROM people WHERE kind <> 2)"
    " OR room NOT IN (SELECT id FROM rooms)",
    /* The lobby begins without one. */
    "SELECT 'room ' || name || ': it has members with an account, and no owner' FROM rooms r WHERE NOT direct"
    " AND NOT removed AND name <> '#lobby' AND NOT EXISTS"
    " (SELECT 1 FROM members m WHERE m.room = r.id AND m.role = 4) AND EXISTS (SELECT 1 FROM members m"
    " JOIN people p ON p.id = m.person AND p.kind = 1 WHERE m.room = r.id)",
    "SELECT 'conversation ' || name || ': one of its sides does not exist, or both are gone' FROM rooms r"
    " WHERE direct AND (SELECT count(*) FROM people p WHERE p.id IN (r.side_low, r.side_high)) +"
    " (SELECT count(*) > 0 FROM people p WHERE p.id IN (r.side_low, r.side_high) AND p.kind <> 2) < 3",
    "SELECT 'session of person ' || person || ': there is no such person' FROM sessions"
    " WHERE person NOT IN (SELECT id FROM people WHERE kind <> 2)",
    "SELECT 'invitation of person ' || person || ' to room ' || room || ': one of them does not exist'"
    " FROM invitations WHERE person NOT IN (SELECT id FROM people WHERE kind <> 2)"
    " OR room NOT IN (SELECT id FROM rooms WHERE NOT removed)",
    "SELECT 'token of person ' || person || ': there is no such account' FROM tokens"
    " WHERE person NOT IN (SELECT id FROM people WHERE kind = 1)",
    "SELECT 'passkey of person ' || person || ': there is no such account' FROM passkeys"
    " WHERE person NOT IN (SELECT id FROM people WHERE kind = 1)",
    "SELECT 'second factor of person ' || person || ': there is no such account' FROM"
    " (SELECT person FROM factors UNION SELECT person FROM recovery_codes)"
    " WHERE person NOT IN (SELECT id FROM people WHERE kind = 1)",
    "SELECT 'block of person ' || blocked || ' by ' || person || ': one of them does not exist' FROM blocks"
    " WHERE person NOT IN (SELECT id FROM people WHERE kind <> 2)"
    " OR blocked NOT IN (SELECT id FROM people WHERE kind <> 2)",
    "SELECT 'sanction ' || id || ': its room does not exist' FROM sanctions"
    " WHERE room NOT IN (SELECT id FROM rooms WHERE NOT removed)",
    "SELECT 'room ' || id || ': removed, and nobody is to clear it away' FROM rooms WHERE removed"
    " AND id NOT IN (SELECT number FROM leftovers WHERE kind = 3)",
    "SELECT 'file ' || id || ': its message is not there' FROM files WHERE entry <> 0 AND entry NOT IN"
    " (SELECT id FROM entries WHERE kind = 1 AND NOT flags & 4)",
    "SELECT 'files: they are ' || value || ' bytes in all, but their rows say ' || (SELECT "
    "coalesce(sum(bytes), 0)"
    " FROM files) FROM meta WHERE key = 'file_bytes' AND value <> (SELECT coalesce(sum(bytes), 0) FROM "
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

/* The index is a file of its own, and there is no snapshot of both: what a server changes between our looks
 * at the one and the other seems wrong. It is right the next time. */
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
	for (size_t i = 0; i < sizeof promises / sizeof *promises && !result; i++)
		result = report(db, promises[i], to, found, problem);
	sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	return result || !directory ? result : check_index(db, directory, to, found, problem);
}
