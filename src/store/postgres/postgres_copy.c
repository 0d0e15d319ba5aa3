#include "store/postgres/postgres_copy.h"

#include "base/buffer.h"
#include "store/data_directory.h"
#include "store/postgres/postgres_link.h"
#include "store/postgres/postgres_schema.h"
#include "store/sqlite/sqlite_admin.h"
#include "store/sqlite/sqlite_call.h"

#include <errno.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PIECE_BYTES 65536
#define COPY_MS     600000 /* for the last of what was sent to be stored */

struct copy {
	sqlite3 *from;
	struct postgres_place place;
	struct postgres_link to;
	int lock_fd;
	int64_t entries;
};

/* Tables of both, with the same columns. */
static const struct {
	const char *name, *columns;
} tables[] = {
    {"people", "id, kind, name, folded, password, admin, created_ms, disabled"},
    {"rooms",
     "id, name, direct, private, read_only, topic_locked, removed, topic, retention_days, purged_seq,"
     " side_low, side_high, created_ms, maker, keep_edits"},
    {"entries", "room, seq, id, time_ms, kind, flags, author, person, ref, latest, name, ip, text, sid"},
    {"sends", "person, device, id, room, seq, time_ms"},
    {"reactions", "entry, emoji, person, name"},
    {"mentions", "person, room, seq"},
    {"tokens", "hash, person, label, created_ms"},
    {"members", "person, room, role, read_seq, joined_ms"},
    {"sanctions", "id, room, kind, target, folded, name, by, reason, by_role, created_ms, until_ms"},
    {"blocks", "person, blocked"},
    {"moderation", "id, time_ms, room, op, by, target, reason, until_ms"},
    {"sessions", "hash, person, device, client, address, token, since_ms, seen_ms"},
    {"invitations", "room, person, by, role, time_ms, until_ms, by_person"},
    {"factors", "person, secret, step"},
    {"recovery_codes", "person, hash"},
    {"passkeys", "hash, person, label, host, key, counter, challenge_ms, made_ms, used_ms"},
    {"pushes", "hash, person, label, endpoint, point, auth, lang, texts, made_ms"},
    {"settings", "person, key, value"},
    {"links", "hash, key, maker, room, uses, used, made_ms, until_ms"},
    {"link_uses", "link, person"},
    {"profiles", "person, display, about, picture, hides_reading"},
    {"pins", "room, seq, by, time_ms"},
    {"files", "id, key, owner, entry, place, name, type, bytes, hash, width, height, made_ms, preview_bytes"},
    {"dropped_files", "id"},
    {"forgotten", "entry"},
    {"leftovers", "kind, number, seq, next"},
};

/* The highest number of each that was ever given, as SQLite knows it. */
static const struct {
	const char *sequence, *sql;
} sequences[] = {
    {"people_id", "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name='people'), 0)"},
    {"rooms_id", "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name='rooms'), 0)"},
    {"entries_id", "SELECT max(coalesce((SELECT max(id) FROM entries), 0),"
		   " coalesce((SELECT value FROM meta WHERE key='last_entry'), 0))"},
    {"moderation_id", "SELECT coalesce(max(id), 0) FROM moderation"},
    {"sanctions_id_seq", "SELECT coalesce(max(id), 0) FROM sanctions"},
};

/* --- rows --- */

static void copy_escaped(struct buffer *to, const char *text)
{
	for (const char *at = text; *at; at++)
		if (*at == '\\')
			buffer_add_string(to, "\\\\");
		else if (*at == '\n')
			buffer_add_string(to, "\\n");
		else if (*at == '\r')
			buffer_add_string(to, "\\r");
		else if (*at == '\t')
			buffer_add_string(to, "\\t");
		else
			buffer_add_char(to, *at);
}

/* In PostgreSQL's text form of COPY. */
static void copy_value(struct buffer *to, sqlite3_stmt *row, int column)
{
	int type = sqlite3_column_type(row, column);
	if (type == SQLITE_NULL) {
		buffer_add_string(to, "\\N");
	} else if (type == SQLITE_BLOB) {
		const unsigned char *bytes = sqlite3_column_blob(row, column);
		buffer_add_string(to, "\\\\x");
		for (int i = 0; i < sqlite3_column_bytes(row, column); i++)
			buffer_printf(to, "%02x", bytes[i]);
	} else {
		copy_escaped(to, sqlite_text(row, column));
	}
}

static int copy_rows(struct copy *copy, sqlite3_stmt *rows, int64_t *count)
{
	struct buffer piece = BUFFER_EMPTY;
	int columns = sqlite3_column_count(rows), result = 0, row = SQLITE_ROW;
	for (*count = 0; !result && (row = sqlite3_step(rows)) == SQLITE_ROW; ++*count) {
		for (int i = 0; i < columns; i++) {
			if (i)
				buffer_add_char(&piece, '\t');
			copy_value(&piece, rows, i);
		}
		buffer_add_char(&piece, '\n');
		if (buffer_length(&piece) < PIECE_BYTES)
			continue;
		result = postgres_copy_bytes(&copy->to, buffer_bytes(&piece), buffer_length(&piece));
		buffer_clear(&piece);
	}
	if (!result && buffer_length(&piece))
		result = postgres_copy_bytes(&copy->to, buffer_bytes(&piece), buffer_length(&piece));
	buffer_release(&piece);
	return result || row != SQLITE_DONE ? -1 : 0;
}

static int copy_table(struct copy *copy, const char *name, const char *columns)
{
	char sql[400];
	int64_t count;
	snprintf(sql, sizeof sql, "SELECT %s FROM %s", columns, name);
	sqlite3_stmt *rows = sqlite_prepare(copy->from, sql, "");
	snprintf(sql, sizeof sql, "COPY %s(%s) FROM STDIN", name, columns);
	int result = rows ? postgres_copy_begin(&copy->to, sql) : -1;
	if (!result) {
		result = copy_rows(copy, rows, &count);
		if (copy->to.conn && postgres_copy_end(&copy->to, result ? "SQLite cannot be read" : NULL))
			result = -1;
	}
	sqlite3_finalize(rows);
	if (!result && !strcmp(name, "entries"))
		copy->entries = count;
	return result;
}

/* --- the rest --- */

static int copy_sequence(struct copy *copy, const char *name, const char *sql)
{
	char set[200];
	sqlite3_stmt *row = sqlite_prepare(copy->from, sql, "");
	int result = row && sqlite3_step(row) == SQLITE_ROW ? 0 : -1;
	int64_t last = result ? 0 : sqlite3_column_int64(row, 0);
	sqlite3_finalize(row);
	snprintf(set, sizeof set, "SELECT setval('%s', %" PRId64 ", %s)", name, last ? last : 1,
		 last ? "true" : "false");
	return result ? result : postgres_run(&copy->to, set);
}

static int copy_names(struct copy *copy)
{
	sqlite3_stmt *row = sqlite_prepare(copy->from,
					   "SELECT (SELECT value FROM meta WHERE key='epoch'),"
					   " lower(hex((SELECT value FROM meta WHERE key='author_key')))",
					   "");
	int result = row && sqlite3_step(row) == SQLITE_ROW ? 0 : -1;
	for (int i = 0; i < 2 && !result; i++) {
		PGresult *set = postgres_query(&copy->to, "UPDATE meta SET value = $2 WHERE key = $1", "tt",
					       i ? "author_key" : "epoch", sqlite_text(row, i));
		result = set ? 0 : -1;
		if (set)
			libpq.clear(set);
	}
	sqlite3_finalize(row);
	return result;
}

/* One without rooms and people; a server would have made the lobby. */
static int is_unused(struct copy *copy, bool *is)
{
	PGresult *row = postgres_query(
	    &copy->to, "SELECT NOT EXISTS (SELECT 1 FROM rooms) AND NOT EXISTS (SELECT 1 FROM people)", "");
	if (!row)
		return -1;
	*is = postgres_flag(row, 0, 0);
	libpq.clear(row);
	return 0;
}

static int copy_all(struct copy *copy, char *problem)
{
	bool is = false;
	int result = postgres_run(&copy->to, "BEGIN; LOCK TABLE nodes IN EXCLUSIVE MODE");
	if (!result)
		result = is_unused(copy, &is);
	if (!result && !is) {
		snprintf(problem, ADMIN_PROBLEM_BYTES,
			 "there is a history in that database already: give copy a new one, behind brusiod "
			 "migrate");
		return -1;
	}
	for (size_t i = 0; i < sizeof tables / sizeof *tables && !result; i++)
		result = copy_table(copy, tables[i].name, tables[i].columns);
	for (size_t i = 0; i < sizeof sequences / sizeof *sequences && !result; i++)
		result = copy_sequence(copy, sequences[i].sequence, sequences[i].sql);
	if (!result)
		result = copy_names(copy);
	bool is_sent = !result;
	if (!result)
		result = postgres_run(&copy->to, "COMMIT");
	/* If this fails, autovacuum does it later. */
	if (!result)
		postgres_run(&copy->to, "ANALYZE");
	if (result && is_sent && !copy->to.conn)
		snprintf(
		    problem, ADMIN_PROBLEM_BYTES,
		    "whether it was copied is not known (%.300s): copy again, and it says whether there is "
		    "a history",
		    copy->to.error);
	else if (result)
		snprintf(problem, ADMIN_PROBLEM_BYTES, "nothing was copied: %.300s",
			 *copy->to.error ? copy->to.error : sqlite3_errmsg(copy->from));
	return result;
}

/* --- opening --- */

static int open_from(struct copy *copy, const char *directory, char *problem)
{
	char path[4200];
	struct store_admin *admin;
	/* Brings it to this version, and says what is wrong with it. */
	if (sqlite_admin_open(directory, NULL, false, &admin, problem))
		return -1;
	admin->ops->close(admin);
	copy->lock_fd = data_directory_lock(directory);
	if (copy->lock_fd < 0) {
		snprintf(problem, ADMIN_PROBLEM_BYTES, "%s",
			 copy->lock_fd == -EWOULDBLOCK ? "a server runs on the data directory: stop it first"
						       : strerror(-copy->lock_fd));
		return -1;
	}
	snprintf(path, sizeof path, "%s/brusio.db", directory);
	if (sqlite3_open_v2(path, &copy->from, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK)
		return 0;
	snprintf(problem, ADMIN_PROBLEM_BYTES, "%.700s cannot be read: %.200s", path,
		 sqlite3_errmsg(copy->from));
	return -1;
}

static int open_to(struct copy *copy, const char *url, char *problem)
{
	if (postgres_place_open(&copy->place, url, problem, ADMIN_PROBLEM_BYTES))
		return -1;
	if (postgres_link_open(&copy->to)) {
		snprintf(problem, ADMIN_PROBLEM_BYTES, "PostgreSQL cannot be reached (%.300s)",
			 copy->to.error);
		return -1;
	}
	copy->to.patience_ms = COPY_MS;
	return postgres_schema_check(&copy->to, problem, ADMIN_PROBLEM_BYTES);
}

int postgres_copy(const char *directory, const char *url, char done[STORE_DONE_BYTES], char *problem)
{
	struct copy copy = {.lock_fd = -1};
	postgres_link_init(&copy.to, &copy.place);
	int result = open_from(&copy, directory, problem);
	if (!result)
		result = open_to(&copy, url, problem);
	if (!result)
		result = copy_all(&copy, problem);
	if (!result)
		snprintf(done, STORE_DONE_BYTES,
			 "%" PRId64
			 " entries copied with all that belongs to them; clients go on where they were",
			 copy.entries);
	sqlite3_close(copy.from);
	postgres_link_close(&copy.to);
	postgres_place_release(&copy.place);
	if (copy.lock_fd >= 0)
		close(copy.lock_fd);
	return result;
}
