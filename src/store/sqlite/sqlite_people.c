#include "store/sqlite/sqlite_people.h"

#include "base/clock.h"
#include "base/memory.h"
#include "store/sqlite/sqlite_leftover.h"
#include "store/sqlite/sqlite_room.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* --- persons --- */

int sqlite_add_person(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_ADD_PERSON);
	struct store_person *person = &command->person;
	int result = statements_change(&writer->statements,
				       "INSERT INTO people(kind, name, folded, password, admin, created_ms)"
				       " VALUES(?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
				       "ittnii", (int64_t)person->kind, person->name, person->folded,
				       person->password, (int64_t)person->is_admin, clock_wall_ms());
	if (result != STORE_OK)
		return result == STORE_NONE ? STORE_EXISTS : result;
	person->id = writer->added_person = sqlite3_last_insert_rowid(writer->statements.db);
	return STORE_OK;
}

int sqlite_rename_person(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_RENAME_PERSON);
	const struct store_person *person = &command->person;
	int64_t other;
	int result =
	    statements_number(&writer->statements, &other, "SELECT id FROM people WHERE folded=?1 AND id<>?2",
			      "ti", person->folded, person->id);
	if (result != STORE_NONE)
		return result == STORE_OK ? STORE_EXISTS : result;
	return statements_change(&writer->statements,
				 "UPDATE people SET name=?2, folded=?3 WHERE id=?1 AND kind<>2", "itt",
				 person->id, person->name, person->folded);
}

int sqlite_make_account(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_MAKE_ACCOUNT);
	struct store_person *person = &command->person;
	sqlite_writer_resolve(writer, &person->id, NULL);
	int result = statements_change(
	    &writer->statements,
	    "UPDATE people SET kind=1, password=?2, admin=?3, created_ms=?4 WHERE id=?1 AND kind<>2", "itii",
	    person->id, person->password, (int64_t)person->is_admin, clock_wall_ms());
	if (result != STORE_OK)
		return result;
	return statements_run(&writer->statements,
			      "UPDATE rooms SET maker='' WHERE maker<>'' AND id IN"
			      " (SELECT room FROM members WHERE person=?1)",
			      "i", person->id);
}

int sqlite_set_password(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_SET_PASSWORD);
	return statements_change(&writer->statements, "UPDATE people SET password=?2 WHERE id=?1 AND kind=1",
				 "it", command->person.id, command->person.password);
}

int sqlite_set_admin(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_SET_ADMIN);
	return statements_change(&writer->statements, "UPDATE people SET admin=?2 WHERE id=?1 AND kind=1",
				 "ii", command->person.id, (int64_t)command->person.is_admin);
}

int sqlite_set_disabled(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_SET_DISABLED);
	return statements_change(&writer->statements, "UPDATE people SET disabled=?2 WHERE id=?1 AND kind=1",
				 "ii", command->person.id, (int64_t)command->person.is_disabled);
}

/* --- removing a person --- */

struct conversation {
	int64_t room_id, other;
};

struct conversations {
	struct conversation *each;
	size_t count, capacity;
};

static int find_conversations(struct sqlite_writer *writer, int64_t person, struct conversations *found)
{
	sqlite3_stmt *rows =
	    statements_rows(&writer->statements,
			    "SELECT id, side_high FROM rooms WHERE direct AND side_low=?1"
			    " UNION SELECT id, side_low FROM rooms WHERE direct AND side_high=?1",
			    "i", person);
	int result;
	while ((result = statements_next(rows)) == STORE_OK) {
		found->each = mem_grow(found->each, &found->capacity, found->count + 1, sizeof *found->each);
		found->each[found->count++] =
		    (struct conversation){sqlite3_column_int64(rows, 0), sqlite3_column_int64(rows, 1)};
	}
	return result == STORE_NONE ? STORE_OK : result;
}

/* STORE_OK: the conversation goes on without this side. STORE_NONE: nobody can read it, or there is nothing
 * to read. */
static int is_worth_keeping(struct sqlite_writer *writer, int64_t person, const struct conversation *one)
{
	int64_t yes;
	return statements_number(
	    &writer->statements, &yes,
	    "SELECT 1 FROM people p, rooms r WHERE p.id=?2 AND p.id<>?3 AND p.kind<>2 AND r.id=?1"
	    " AND (r.purged_seq>0 OR EXISTS(SELECT 1 FROM entries WHERE room=?1))",
	    "iii", one->room_id, one->other, person);
}

/* A person who was kept for the sake of conversations goes with the last of them. */
static int drop_if_gone(struct sqlite_writer *writer, int64_t person)
{
	return statements_run(&writer->statements,
			      "DELETE FROM people WHERE id=?1 AND kind=2 AND NOT EXISTS"
			      " (SELECT 1 FROM rooms WHERE direct AND side_low=?1) AND NOT EXISTS"
			      " (SELECT 1 FROM rooms WHERE direct AND side_high=?1)",
			      "i", person);
}

static int leave_conversations(struct sqlite_writer *writer, int64_t person, bool *is_kept)
{
	struct conversations found = {0};
	int result = find_conversations(writer, person, &found);
	*is_kept = false;
	for (size_t i = 0; i < found.count && result == STORE_OK; i++) {
		result = is_worth_keeping(writer, person, &found.each[i]);
		if (result == STORE_OK) {
			*is_kept = true;
			continue;
		}
		if (result == STORE_NONE)
			result = sqlite_close_room(writer, found.each[i].room_id);
		if (result == STORE_OK)
			result = drop_if_gone(writer, found.each[i].other);
	}
	free(found.each);
	return result == STORE_NONE ? STORE_OK : result;
}

static int drop_possessions(struct sqlite_writer *writer, int64_t person)
{
	static const char *const steps[] = {
	    "DELETE FROM members WHERE person=?1",
	    "DELETE FROM invitations WHERE person=?1",
	    "DELETE FROM sessions WHERE person=?1",
	    "DELETE FROM tokens WHERE person=?1",
	    "DELETE FROM blocks WHERE person=?1",
	    "DELETE FROM blocks WHERE blocked=?1",
	    "DELETE FROM factors WHERE person=?1",
	    "DELETE FROM recovery_codes WHERE person=?1",
	    "DELETE FROM passkeys WHERE person=?1",
	    "DELETE FROM settings WHERE person=?1",
	    "DELETE FROM links WHERE maker=?1",
	    "DELETE FROM profiles WHERE person=?1",
	    "DELETE FROM files WHERE owner=?1 AND entry=-1",
	};
	int result = STORE_OK;
	for (size_t i = 0; i < sizeof steps / sizeof *steps && result == STORE_OK; i++)
		result = statements_run(&writer->statements, steps[i], "i", person);
	return result == STORE_OK ? leftover_add_person(writer, person) : result;
}

int sqlite_remove_person(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_REMOVE_PERSON);
	struct store_person *person = &command->person;
	sqlite3_stmt *row;
	bool is_kept = false;
	int result = statements_row(&writer->statements, &row,
				    "SELECT kind, name FROM people WHERE id=?1 AND kind<>2", "i", person->id);
	if (result != STORE_OK)
		return result;
	person->kind = (enum person_kind)sqlite3_column_int(row, 0);
	const char *name = (const char *)sqlite3_column_text(row, 1);
	person->name = sqlite_writer_keep(writer, name ? name : "");
	sqlite3_reset(row);
	result = leave_conversations(writer, person->id, &is_kept);
	if (result == STORE_OK)
		result = drop_possessions(writer, person->id);
	if (result != STORE_OK)
		return result;
	if (is_kept)
		person->kind = PERSON_GONE;
	return statements_run(&writer->statements,
			      is_kept ? "UPDATE people SET kind=2, folded=NULL, password=NULL, admin=0"
					" WHERE id=?1"
				      : "DELETE FROM people WHERE id=?1",
			      "i", person->id);
}

/* --- sessions --- */

int sqlite_put_session(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_PUT_SESSION);
	struct store_session *session = &command->session;
	sqlite_writer_resolve(writer, &session->person, NULL);
	int64_t one;
	int result = !session->has_token
			 ? STORE_OK
			 : statements_number(&writer->statements, &one,
					     "SELECT 1 FROM tokens WHERE hash=?1 AND person=?2", "hi",
					     session->token, session->person);
	if (result == STORE_OK)
		result = statements_run(&writer->statements,
					"DELETE FROM sessions WHERE person=?1 AND device=?2 AND hash<>?3",
					"its", session->person, session->device, session->hash);
	if (result != STORE_OK)
		return result;
	return statements_run(
	    &writer->statements,
	    "INSERT INTO sessions(hash, person, device, client, address, token, since_ms, seen_ms)"
	    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO UPDATE SET person=?2, device=?3,"
	    " client=?4, address=?5, token=?6, since_ms=?7, seen_ms=?8",
	    "sittthii", session->hash, session->person, session->device, session->client, session->address,
	    session->has_token ? session->token : NULL, session->since_ms, session->seen_ms);
}

int sqlite_see_session(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_SEE_SESSION);
	return statements_change(&writer->statements, "UPDATE sessions SET seen_ms=?2 WHERE hash=?1", "si",
				 command->session.hash, command->session.seen_ms);
}

int sqlite_need_session(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_NEED_SESSION);
	int64_t one;
	return statements_number(&writer->statements, &one,
				 "SELECT 1 FROM sessions WHERE hash=?1 AND person=?2", "si",
				 command->session.hash, command->session.person);
}

int sqlite_need_password(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_NEED_PASSWORD);
	int64_t one;
	return statements_number(&writer->statements, &one,
				 "SELECT 1 FROM people WHERE id=?1 AND kind=1 AND password=?2", "it",
				 command->person.id, command->person.password);
}

int sqlite_drop_session(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_DROP_SESSION);
	return statements_change(&writer->statements, "DELETE FROM sessions WHERE hash=?1 AND person=?2",
				 "si", command->session.hash, command->session.person);
}

int sqlite_drop_sessions(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_DROP_SESSIONS);
	return statements_run(&writer->statements, "DELETE FROM sessions WHERE person=?2 AND hash<>?1", "si",
			      command->session.hash, command->session.person);
}

/* --- tokens --- */

/* With the sessions that it began, which would open again after a restart. */
static int remove_token(struct sqlite_writer *writer, const struct store_token *token)
{
	int result =
	    statements_run(&writer->statements,
			   "DELETE FROM sessions WHERE person=?1 AND token IN (SELECT hash FROM tokens"
			   " WHERE person=?1 AND label=?2)",
			   "it", token->person, token->label);
	if (result != STORE_OK)
		return result;
	return statements_run(&writer->statements, "DELETE FROM tokens WHERE person=?1 AND label=?2", "it",
			      token->person, token->label);
}

int sqlite_put_token(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_PUT_TOKEN);
	struct store_token *token = &command->token;
	int64_t others;
	sqlite_writer_resolve(writer, &token->person, NULL);
	int result = statements_number(&writer->statements, &others,
				       "SELECT count(*) FROM tokens WHERE person=?1 AND label<>?2", "it",
				       token->person, token->label);
	if (result != STORE_OK)
		return STORE_FAILED;
	if (token->most && others >= token->most)
		return STORE_LIMIT;
	result = remove_token(writer, token);
	if (result != STORE_OK)
		return result;
	return statements_run(&writer->statements,
			      "INSERT INTO tokens(hash, person, label, created_ms) VALUES(?1, ?2, ?3, ?4)",
			      "hiti", token->hash, token->person, token->label, clock_wall_ms());
}

int sqlite_drop_token(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_DROP_TOKEN);
	struct store_token *token = &command->token;
	sqlite3_stmt *row;
	int result =
	    statements_row(&writer->statements, &row, "SELECT hash FROM tokens WHERE person=?1 AND label=?2",
			   "it", token->person, token->label);
	if (result != STORE_OK)
		return result;
	const void *hash = sqlite3_column_blob(row, 0);
	if (hash && sqlite3_column_bytes(row, 0) == STORE_TOKEN_BYTES)
		memcpy(token->hash, hash, STORE_TOKEN_BYTES);
	sqlite3_reset(row);
	return remove_token(writer, token);
}

int sqlite_drop_tokens(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_DROP_TOKENS);
	return statements_run(&writer->statements, "DELETE FROM tokens WHERE person=?1", "i",
			      command->token.person);
}

/* --- blocks --- */

int sqlite_put_block(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_PUT_BLOCK);
	const struct store_block *block = &command->block;
	return statements_run(&writer->statements,
			      block->on ? "INSERT OR IGNORE INTO blocks(person, blocked) VALUES(?1, ?2)"
					: "DELETE FROM blocks WHERE person=?1 AND blocked=?2",
			      "ii", block->person, block->blocked);
}
