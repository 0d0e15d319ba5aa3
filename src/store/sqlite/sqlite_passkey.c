#include "store/sqlite/sqlite_passkey.h"

#include "store/sqlite/sqlite_call.h"

#include <assert.h>

#define PASSKEY "SELECT person, hash, label, host, key, counter, challenge_ms, made_ms, used_ms FROM passkeys"

int sqlite_put_passkey(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_PUT_PASSKEY);
	const struct store_passkey *passkey = &command->passkey;
	int64_t others;
	int result = statements_number(&writer->statements, &others,
				       "SELECT count(*) FROM passkeys WHERE person=?1", "i", passkey->person);
	if (result != STORE_OK)
		return STORE_FAILED;
	if (passkey->most && others >= passkey->most)
		return STORE_LIMIT;
	result = statements_change(
	    &writer->statements,
	    "INSERT INTO passkeys(hash, person, label, host, key, counter, challenge_ms, made_ms)"
	    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING",
	    "hitttiii", passkey->hash, passkey->person, passkey->label, passkey->host, passkey->key,
	    passkey->counter, passkey->challenge_ms, passkey->made_ms);
	return result == STORE_NONE ? STORE_EXISTS : result;
}

/* An authenticator that does not count says 0 each time. */
int sqlite_use_passkey(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_USE_PASSKEY);
	const struct store_passkey *passkey = &command->passkey;
	return statements_change(&writer->statements,
				 "UPDATE passkeys SET counter=?2, challenge_ms=?3, used_ms=?4 WHERE hash=?1"
				 " AND challenge_ms<?3 AND (counter<?2 OR (counter=0 AND ?2=0))",
				 "hiii", passkey->hash, passkey->counter, passkey->challenge_ms,
				 passkey->used_ms);
}

int sqlite_drop_passkey(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_DROP_PASSKEY);
	const struct store_passkey *passkey = &command->passkey;
	if (!passkey->label)
		return statements_run(&writer->statements, "DELETE FROM passkeys WHERE person=?1", "i",
				      passkey->person);
	return statements_change(&writer->statements, "DELETE FROM passkeys WHERE person=?1 AND label=?2",
				 "it", passkey->person, passkey->label);
}

static void passkey_show(struct store_query *query, sqlite3_stmt *row)
{
	struct store_command shown = {.op = STORE_PUT_PASSKEY,
				      .passkey = {.person = sqlite3_column_int64(row, 0),
						  .label = sqlite_text(row, 2),
						  .host = sqlite_text(row, 3),
						  .key = sqlite_text(row, 4),
						  .counter = sqlite3_column_int64(row, 5),
						  .challenge_ms = sqlite3_column_int64(row, 6),
						  .made_ms = sqlite3_column_int64(row, 7),
						  .used_ms = sqlite3_column_int64(row, 8)}};
	sqlite_copy_hash(row, 1, shown.passkey.hash, STORE_PASSKEY_BYTES);
	query->visit(query, &shown);
}

int sqlite_find_passkey(struct sqlite_writer *writer, struct store_query *query)
{
	sqlite3_stmt *row;
	int result = statements_row(&writer->statements, &row, PASSKEY " WHERE hash=?1", "h", query->hash);
	if (result != STORE_OK)
		return result;
	passkey_show(query, row);
	sqlite3_reset(row);
	return STORE_OK;
}

int sqlite_list_passkeys(struct sqlite_writer *writer, struct store_query *query)
{
	sqlite3_stmt *rows = statements_rows(
	    &writer->statements, PASSKEY " WHERE person=?1 ORDER BY made_ms, label", "i", query->person);
	int result;
	while ((result = statements_next(rows)) == STORE_OK)
		passkey_show(query, rows);
	return result == STORE_NONE ? STORE_OK : result;
}
