#include "rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 32

static void die(const char *what, const char *why)
{
	fprintf(stderr, "bench: %s: %s\n", what, why);
	exit(1);
}

static sqlite3_stmt *prepare(struct rows *rows, const char *sql)
{
	sqlite3_stmt *statement;
	if (sqlite3_prepare_v2(rows->db, sql, -1, &statement, NULL) != SQLITE_OK)
		die(sql, sqlite3_errmsg(rows->db));
	return statement;
}

void rows_exec(struct rows *rows, const char *sql)
{
	if (sqlite3_exec(rows->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		die(sql, sqlite3_errmsg(rows->db));
}

/* The parameter that stands for `column`; 0 when the table has none of that name. */
static int column_at(sqlite3_stmt *example, const char *column)
{
	for (int i = 0; i < sqlite3_column_count(example); i++)
		if (!strcmp(sqlite3_column_name(example, i), column))
			return i + 1;
	return 0;
}

/* An INSERT into `table` whose parameters are already bound to the values of the row that `example` stands
 * on. */
static sqlite3_stmt *copy_of(struct rows *rows, const char *table, sqlite3_stmt *example, int rowid_at)
{
	char sql[2048];
	int len = snprintf(sql, sizeof sql, "INSERT INTO %s VALUES(", table),
	    columns = sqlite3_column_count(example);
	if (columns > COLUMNS_MAX)
		die(table, "more columns than expected");
	for (int i = 1; i <= columns; i++)
		len += snprintf(sql + len, sizeof sql - (size_t)len, i == rowid_at ? "%sNULL" : "%s?%d",
				i > 1 ? "," : "", i);
	snprintf(sql + len, sizeof sql - (size_t)len, ")");
	sqlite3_stmt *insert = prepare(rows, sql);
	for (int i = 1; i <= columns; i++)
		if (i != rowid_at)
			sqlite3_bind_value(insert, i, sqlite3_column_value(example, i - 1));
	return insert;
}

static void find_room(struct rows *rows, const char *room_name)
{
	sqlite3_stmt *room = prepare(rows, "SELECT id FROM rooms WHERE name = ?1");
	sqlite3_bind_text(room, 1, room_name, -1, SQLITE_STATIC);
	if (sqlite3_step(room) != SQLITE_ROW)
		die(room_name,
		    "the database has no such room; start brusiod on it and send one message there");
	rows->room = sqlite3_column_int64(room, 0);
	sqlite3_finalize(room);
}

void rows_open(struct rows *rows, const char *path, const char *room_name)
{
	memset(rows, 0, sizeof *rows);
	if (sqlite3_open_v2(path, &rows->db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		die(path, "cannot be opened");
	find_room(rows, room_name);

	sqlite3_stmt *example =
	    prepare(rows, "SELECT * FROM entries WHERE room = ?1 ORDER BY seq DESC LIMIT 1");
	sqlite3_bind_int64(example, 1, rows->room);
	if (sqlite3_step(example) != SQLITE_ROW)
		die(room_name, "the room has no message to copy");
	rows->entry = copy_of(rows, "entries", example, column_at(example, "id"));
	rows->entry_seq_at = column_at(example, "seq");
	rows->entry_time_at = column_at(example, "time_ms");
	rows->entry_text_at = column_at(example, "text");
	rows->entry_send_id_at = column_at(example, "sid");
	if (!rows->entry_seq_at || !rows->entry_time_at || !rows->entry_text_at || !rows->entry_send_id_at)
		die("entries", "a column is missing that this program knows: seq, time_ms, text or sid");
	rows->last_seq = sqlite3_column_int64(example, rows->entry_seq_at - 1);
	rows->last_time_ms = sqlite3_column_int64(example, rows->entry_time_at - 1);
	sqlite3_finalize(example);

	example = prepare(rows, "SELECT * FROM sends WHERE room = ?1 LIMIT 1");
	sqlite3_bind_int64(example, 1, rows->room);
	if (sqlite3_step(example) == SQLITE_ROW) {
		rows->send = copy_of(rows, "sends", example, 0);
		rows->send_id_at = column_at(example, "id");
		rows->send_seq_at = column_at(example, "seq");
		rows->send_person_at = column_at(example, "person");
	}
	sqlite3_finalize(example);
}

void rows_close(struct rows *rows)
{
	sqlite3_finalize(rows->entry);
	sqlite3_finalize(rows->send);
	sqlite3_close(rows->db);
}

static void run(struct rows *rows, sqlite3_stmt *statement)
{
	if (sqlite3_step(statement) != SQLITE_DONE)
		die("insert", sqlite3_errmsg(rows->db));
	sqlite3_reset(statement);
}

void rows_add(struct rows *rows, const char *text, int64_t time_ms, int sender)
{
	char id[32];
	rows->last_seq++;
	rows->last_time_ms = time_ms;
	snprintf(id, sizeof id, "bench-%08llx", (unsigned long long)rows->last_seq);
	sqlite3_bind_int64(rows->entry, rows->entry_seq_at, rows->last_seq);
	sqlite3_bind_int64(rows->entry, rows->entry_time_at, time_ms);
	sqlite3_bind_text(rows->entry, rows->entry_text_at, text, -1, SQLITE_STATIC);
	sqlite3_bind_text(rows->entry, rows->entry_send_id_at, id, -1, SQLITE_STATIC);
	run(rows, rows->entry);
	if (sender >= 0 && rows->send) {
		sqlite3_bind_int64(rows->send, rows->send_person_at, sender + 1);
		sqlite3_bind_text(rows->send, rows->send_id_at, id, -1, SQLITE_STATIC);
		sqlite3_bind_int64(rows->send, rows->send_seq_at, rows->last_seq);
		run(rows, rows->send);
	}
}
