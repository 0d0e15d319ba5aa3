/*
 * Rows of brusiod's own schema, made by copying one that brusiod wrote: every
 * column of the example row is kept, except those that must differ from row
 * to row. So nothing here needs to change when the schema grows a column.
 */
#ifndef BENCH_ROWS_H
#define BENCH_ROWS_H

#include <sqlite3.h>
#include <stdint.h>

struct rows {
	sqlite3 *db;
	sqlite3_stmt *entry, *send;
	int entry_seq_at, entry_time_at, entry_text_at, entry_send_id_at; /* parameter numbers */
	int send_id_at, send_seq_at, send_person_at;
	int64_t room, last_seq, last_time_ms;
};

/* Opens the database of a stopped brusiod that has at least one message in `room_name`; dies with a message
 * if not. */
void rows_open(struct rows *rows, const char *path, const char *room_name);
void rows_close(struct rows *rows);

/* Adds one message to the room, and, where `sender` is not negative, the row by which a repeated send of that
 * one is recognised. */
void rows_add(struct rows *rows, const char *text, int64_t time_ms, int sender);

void rows_exec(struct rows *rows, const char *sql);

#endif
