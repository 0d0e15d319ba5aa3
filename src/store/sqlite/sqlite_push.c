#include "store/sqlite/sqlite_push.h"

#include "store/sqlite/sqlite_call.h"

#include <assert.h>

int sqlite_put_push(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_PUT_PUSH);
	const struct store_push *push = &command->push;
	struct statements *statements = &writer->statements;
	int64_t is_there, others;
	int result =
	    statements_number(statements, &is_there, "SELECT 1 FROM tokens WHERE person=?1 AND label=?2",
			      "it", push->person, push->label);
	if (result != STORE_OK)
		return result;
	result = statements_number(statements, &others,
				   "SELECT count(*) FROM pushes WHERE person=?1 AND label<>?2 AND hash<>?3",
				   "ith", push->person, push->label, push->hash);
	if (result != STORE_OK)
		return STORE_FAILED;
	if (push->most && others >= push->most)
		return STORE_LIMIT;
	result = statements_run(statements, "DELETE FROM pushes WHERE hash=?3 OR (person=?1 AND label=?2)",
				"ith", push->person, push->label, push->hash);
	if (result != STORE_OK)
		return result;
	return statements_run(statements,
			      "INSERT INTO pushes(person, label, hash, endpoint, point, auth, lang, texts,"
			      " made_ms) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
			      "ithttttii", push->person, push->label, push->hash, push->endpoint, push->point,
			      push->auth, push->lang, (int64_t)push->shows_text, push->made_ms);
}

int sqlite_drop_push(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_DROP_PUSH);
	return statements_change(&writer->statements, "DELETE FROM pushes WHERE hash=?1 AND person=?2", "hi",
				 command->push.hash, command->push.person);
}

int sqlite_list_pushes(struct sqlite_writer *writer, struct store_query *query)
{
	sqlite3_stmt *rows = statements_rows(
	    &writer->statements,
	    "SELECT hash, label, endpoint, point, auth, lang, texts, made_ms, (SELECT t.hash FROM tokens t"
	    " WHERE t.person=pushes.person AND t.label=pushes.label) FROM pushes"
	    " WHERE person=?1 ORDER BY made_ms, label",
	    "i", query->person);
	int result;
	while ((result = statements_next(rows)) == STORE_OK) {
		struct store_command row = {.op = STORE_PUT_PUSH,
					    .push = {.person = query->person,
						     .label = sqlite_text(rows, 1),
						     .endpoint = sqlite_text(rows, 2),
						     .point = sqlite_text(rows, 3),
						     .auth = sqlite_text(rows, 4),
						     .lang = sqlite_text(rows, 5),
						     .shows_text = sqlite3_column_int(rows, 6),
						     .made_ms = sqlite3_column_int64(rows, 7)}};
		sqlite_copy_hash(rows, 0, row.push.hash, STORE_PUSH_BYTES);
		sqlite_copy_hash(rows, 8, row.push.token, STORE_TOKEN_BYTES);
		query->visit(query, &row);
	}
	return result == STORE_NONE ? STORE_OK : result;
}
