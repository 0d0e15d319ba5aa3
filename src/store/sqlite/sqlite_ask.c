#include "store/sqlite/sqlite_ask.h"

#include "base/logging.h"
#include "store/mentions_sql.h"
#include "store/sqlite/sqlite_call.h"
#include "store/sqlite/sqlite_entry.h"
#include "store/sqlite/sqlite_factor.h"
#include "store/sqlite/sqlite_file.h"
#include "store/sqlite/sqlite_link.h"
#include "store/sqlite/sqlite_passkey.h"
#include "store/sqlite/sqlite_pin.h"
#include "store/sqlite/sqlite_push.h"
#include "store/sqlite/sqlite_setting.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static int find_password(struct sqlite_writer *writer, struct store_query *query)
{
	sqlite3_stmt *row;
	int result = statements_row(&writer->statements, &row,
				    "SELECT password FROM people WHERE id=?1 AND password IS NOT NULL", "i",
				    query->person);
	if (result != STORE_OK)
		return result;
	snprintf(query->text, sizeof query->text, "%s", sqlite_text(row, 0));
	sqlite3_reset(row);
	return STORE_OK;
}

static int find_token(struct sqlite_writer *writer, struct store_query *query)
{
	return statements_number(&writer->statements, &query->person,
				 "SELECT person FROM tokens WHERE hash=?1", "h", query->hash);
}

static int find_send(struct sqlite_writer *writer, struct store_query *query)
{
	return sqlite_find_send(writer, query->entry, &query->send_id);
}

static int find_entry(struct sqlite_writer *writer, struct store_query *query)
{
	return sqlite_find_entry(writer, query->room_id, query->seq, &query->found);
}

static int find_session(struct sqlite_writer *writer, struct store_query *query)
{
	sqlite3_stmt *row;
	int result = statements_row(&writer->statements, &row,
				    "SELECT person, token FROM sessions WHERE hash=?1", "s", query->hash);
	if (result != STORE_OK)
		return result;
	query->person = sqlite3_column_int64(row, 0);
	query->has_token = sqlite_copy_hash(row, 1, query->token, STORE_TOKEN_BYTES);
	sqlite3_reset(row);
	return STORE_OK;
}

static int find_factor(struct sqlite_writer *writer, struct store_query *query)
{
	return sqlite_find_factor(writer, query->person, &query->factor);
}

static int list_tokens(struct sqlite_writer *writer, struct store_query *query)
{
	sqlite3_stmt *rows = statements_rows(
	    &writer->statements, "SELECT label, hash FROM tokens WHERE person=?1 ORDER BY created_ms, label",
	    "i", query->person);
	int result;
	while ((result = statements_next(rows)) == STORE_OK) {
		struct store_command row = {
		    .op = STORE_PUT_TOKEN, .token = {.person = query->person, .label = sqlite_text(rows, 0)}};
		sqlite_copy_hash(rows, 1, row.token.hash, STORE_TOKEN_BYTES);
		query->visit(query, &row);
	}
	return result == STORE_NONE ? STORE_OK : result;
}

static int ask_sessions(struct sqlite_writer *writer, struct store_query *query)
{
	sqlite3_stmt *rows = statements_rows(&writer->statements,
					     "SELECT hash, device, client, address, token, since_ms, seen_ms"
					     " FROM sessions WHERE person=?1 ORDER BY since_ms, hash",
					     "i", query->person);
	int result;
	while ((result = statements_next(rows)) == STORE_OK) {
		struct store_command row = {.op = STORE_PUT_SESSION,
					    .session = {.person = query->person,
							.device = sqlite_text(rows, 1),
							.client = sqlite_text(rows, 2),
							.address = sqlite_text(rows, 3),
							.since_ms = sqlite3_column_int64(rows, 5),
							.seen_ms = sqlite3_column_int64(rows, 6)}};
		sqlite_copy_hash(rows, 0, row.session.hash, STORE_SESSION_BYTES);
		row.session.has_token = sqlite_copy_hash(rows, 4, row.session.token, STORE_TOKEN_BYTES);
		query->visit(query, &row);
	}
	return result == STORE_NONE ? STORE_OK : result;
}

static int list_record(struct sqlite_writer *writer, struct store_query *query)
{
	bool is_bounded = query->before && query->before < INT64_MAX;
	sqlite3_stmt *rows = statements_rows(
	    &writer->statements,
	    "SELECT id, time_ms, op, by, target, reason, until_ms FROM moderation WHERE room=?1 AND id<?2"
	    " ORDER BY id DESC LIMIT ?3",
	    "iii", query->room_id, is_bounded ? (int64_t)query->before : INT64_MAX, (int64_t)query->limit);
	int result;
	while ((result = statements_next(rows)) == STORE_OK) {
		struct store_command row = {.op = STORE_ADD_DEED,
					    .deed = {.id = sqlite3_column_int64(rows, 0),
						     .room_id = query->room_id,
						     .time_ms = sqlite3_column_int64(rows, 1),
						     .op = sqlite_text(rows, 2),
						     .by = sqlite_text(rows, 3),
						     .target = sqlite_text(rows, 4),
						     .reason = sqlite_text(rows, 5),
						     .until_ms = sqlite3_column_int64(rows, 6)}};
		query->visit(query, &row);
	}
	return result == STORE_NONE ? STORE_OK : result;
}

static int list_mentions(struct sqlite_writer *writer, struct store_query *query)
{
	static const char sql[] = STORE_MENTIONS_SQL("?1", "?2");
	sqlite3_stmt *rows =
	    statements_rows(&writer->statements, sql, "ii", query->person, (int64_t)query->limit);
	int result;
	while ((result = statements_next(rows)) == STORE_OK) {
		struct entry entry = {.room = sqlite_text(rows, 0),
				      .seq = (uint64_t)sqlite3_column_int64(rows, 1),
				      .name = sqlite_text(rows, 2),
				      .time_ms = sqlite3_column_int64(rows, 3),
				      .text = sqlite_text(rows, 4)};
		query->visit(query, &(struct store_command){.op = STORE_APPEND, .append = {.entry = &entry}});
	}
	return result == STORE_NONE ? STORE_OK : result;
}

void sqlite_ask(struct sqlite_writer *writer, struct store_query *query)
{
	static int (*const answers[])(struct sqlite_writer *, struct store_query *) = {
	    [STORE_FIND_FACTOR] = find_factor,
	    [STORE_FIND_PASSWORD] = find_password,
	    [STORE_FIND_TOKEN] = find_token,
	    [STORE_FIND_SEND] = find_send,
	    [STORE_FIND_ENTRY] = find_entry,
	    [STORE_FIND_SESSION] = find_session,
	    [STORE_LIST_TOKENS] = list_tokens,
	    [STORE_LIST_SESSIONS] = ask_sessions,
	    [STORE_LIST_RECORD] = list_record,
	    [STORE_FIND_FILE] = sqlite_find_file,
	    [STORE_COUNT_FILES] = sqlite_count_files,
	    [STORE_LIST_FILES] = sqlite_list_files,
	    [STORE_LIST_DROPPED] = sqlite_list_dropped,
	    [STORE_FIND_PASSKEY] = sqlite_find_passkey,
	    [STORE_LIST_PASSKEYS] = sqlite_list_passkeys,
	    [STORE_LIST_SETTINGS] = sqlite_list_settings,
	    [STORE_FIND_LINK] = sqlite_find_link,
	    [STORE_LIST_LINKS] = sqlite_list_links,
	    [STORE_LIST_USED_LINKS] = sqlite_list_used_links,
	    [STORE_LIST_PINS] = sqlite_list_pins,
	    [STORE_LIST_PUSHES] = sqlite_list_pushes,
	    [STORE_LIST_EDITS] = sqlite_list_edits,
	    [STORE_LIST_MENTIONS] = list_mentions,
	};
	assert((size_t)query->question < sizeof answers / sizeof *answers);
	query->result = answers[query->question](writer, query);
	if (query->result == STORE_FAILED)
		LOG_ERROR("store.read", "question=%d error=\"%s\"", (int)query->question,
			  sqlite3_errmsg(writer->statements.db));
}
