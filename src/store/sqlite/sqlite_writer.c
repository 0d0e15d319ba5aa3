#include "store/sqlite/sqlite_writer.h"

#include "base/logging.h"
#include "base/memory.h"
#include "store/sqlite/sqlite_entry.h"
#include "store/sqlite/sqlite_factor.h"
#include "store/sqlite/sqlite_passkey.h"
#include "store/sqlite/sqlite_file.h"
#include "store/sqlite/sqlite_leftover.h"
#include "store/sqlite/sqlite_link.h"
#include "store/sqlite/sqlite_people.h"
#include "store/sqlite/sqlite_pin.h"
#include "store/sqlite/sqlite_push.h"
#include "store/sqlite/sqlite_setting.h"
#include "store/sqlite/sqlite_room.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

typedef int run_command(struct sqlite_writer *writer, struct store_command *command);

/* How a server learns of it where another process has done it: sqlite_load.c. */
enum outside {
	OUTSIDE_NOTHING,
	OUTSIDE_PERSON,
	OUTSIDE_FACTOR,
	OUTSIDE_SESSIONS,
	OUTSIDE_TOKENS,
	OUTSIDE_ROOM,
	OUTSIDE_MEMBER
};

struct command_kind {
	const char *name; /* for the log */
	run_command *run;
	bool may_refuse;
	enum outside outside;
};

static const struct command_kind kinds[STORE_OPS] = {
    [STORE_ADD_PERSON] = {"add_person", sqlite_add_person, true, OUTSIDE_PERSON},
    [STORE_RENAME_PERSON] = {"rename_person", sqlite_rename_person, true, OUTSIDE_PERSON},
    [STORE_MAKE_ACCOUNT] = {"make_account", sqlite_make_account, true, OUTSIDE_PERSON},
    [STORE_SET_PASSWORD] = {"set_password", sqlite_set_password, true, OUTSIDE_NOTHING},
    [STORE_SET_ADMIN] = {"set_admin", sqlite_set_admin, true, OUTSIDE_PERSON},
    [STORE_REMOVE_PERSON] = {"remove_person", sqlite_remove_person, true, OUTSIDE_PERSON},
    [STORE_PUT_SESSION] = {"put_session", sqlite_put_session, true, OUTSIDE_NOTHING},
    [STORE_SEE_SESSION] = {"see_session", sqlite_see_session, true, OUTSIDE_NOTHING},
    [STORE_NEED_SESSION] = {"need_session", sqlite_need_session, true, OUTSIDE_NOTHING},
    [STORE_NEED_PASSWORD] = {"need_password", sqlite_need_password, true, OUTSIDE_NOTHING},
    [STORE_DROP_SESSION] = {"drop_session", sqlite_drop_session, true, OUTSIDE_SESSIONS},
    [STORE_DROP_SESSIONS] = {"drop_sessions", sqlite_drop_sessions, false, OUTSIDE_SESSIONS},
    [STORE_PUT_TOKEN] = {"put_token", sqlite_put_token, true, OUTSIDE_NOTHING},
    [STORE_DROP_TOKEN] = {"drop_token", sqlite_drop_token, true, OUTSIDE_NOTHING},
    [STORE_DROP_TOKENS] = {"drop_tokens", sqlite_drop_tokens, false, OUTSIDE_TOKENS},
    [STORE_ADD_ROOM] = {"add_room", sqlite_add_room, true, OUTSIDE_ROOM},
    [STORE_UPDATE_ROOM] = {"update_room", sqlite_update_room, true, OUTSIDE_ROOM},
    [STORE_REMOVE_ROOM] = {"remove_room", sqlite_remove_room, true, OUTSIDE_ROOM},
    [STORE_SKIP_TO] = {"skip_to", sqlite_skip_to, false, OUTSIDE_NOTHING},
    [STORE_PUT_MEMBER] = {"put_member", sqlite_put_member, false, OUTSIDE_MEMBER},
    [STORE_DROP_MEMBER] = {"drop_member", sqlite_drop_member, false, OUTSIDE_MEMBER},
    [STORE_SET_READ] = {"set_read", sqlite_set_read, true, OUTSIDE_NOTHING},
    [STORE_PASS_OWNERSHIP] = {"pass_ownership", sqlite_pass_ownership, false, OUTSIDE_MEMBER},
    [STORE_PUT_INVITATION] = {"put_invitation", sqlite_put_invitation, false, OUTSIDE_NOTHING},
    [STORE_DROP_INVITATION] = {"drop_invitation", sqlite_drop_invitation, false, OUTSIDE_NOTHING},
    [STORE_PUT_SANCTION] = {"put_sanction", sqlite_put_sanction, false, OUTSIDE_NOTHING},
    [STORE_DROP_SANCTION] = {"drop_sanction", sqlite_drop_sanction, true, OUTSIDE_NOTHING},
    [STORE_PUT_BLOCK] = {"put_block", sqlite_put_block, false, OUTSIDE_NOTHING},
    [STORE_ADD_DEED] = {"add_deed", sqlite_add_deed, false, OUTSIDE_NOTHING},
    [STORE_APPEND] = {"append", sqlite_append, true, OUTSIDE_NOTHING},
    [STORE_PURGE] = {"purge", sqlite_purge, false, OUTSIDE_NOTHING},
    [STORE_FORGET_SENDS] = {"forget_sends", sqlite_forget_sends, false, OUTSIDE_NOTHING},
    [STORE_PUT_FACTOR] = {"put_factor", sqlite_put_factor, true, OUTSIDE_FACTOR},
    [STORE_DROP_FACTOR] = {"drop_factor", sqlite_drop_factor, true, OUTSIDE_FACTOR},
    [STORE_USE_FACTOR] = {"use_factor", sqlite_use_factor, true, OUTSIDE_NOTHING},
    [STORE_USE_RECOVERY] = {"use_recovery", sqlite_use_recovery, true, OUTSIDE_NOTHING},
    [STORE_PUT_PASSKEY] = {"put_passkey", sqlite_put_passkey, true, OUTSIDE_NOTHING},
    [STORE_USE_PASSKEY] = {"use_passkey", sqlite_use_passkey, true, OUTSIDE_NOTHING},
    [STORE_DROP_PASSKEY] = {"drop_passkey", sqlite_drop_passkey, true, OUTSIDE_NOTHING},
    [STORE_ADD_FILE] = {"add_file", sqlite_add_file, true, OUTSIDE_NOTHING},
    [STORE_SWEEP_FILES] = {"sweep_files", sqlite_sweep_files, false, OUTSIDE_NOTHING},
    [STORE_PUT_SETTING] = {"put_setting", sqlite_put_setting, true, OUTSIDE_NOTHING},
    [STORE_PUT_LINK] = {"put_link", sqlite_put_link, true, OUTSIDE_NOTHING},
    [STORE_USE_LINK] = {"use_link", sqlite_use_link, true, OUTSIDE_NOTHING},
    [STORE_PUT_PIN] = {"put_pin", sqlite_put_pin, true, OUTSIDE_NOTHING},
    [STORE_DROP_PIN] = {"drop_pin", sqlite_drop_pin, true, OUTSIDE_NOTHING},
    [STORE_PUT_PUSH] = {"put_push", sqlite_put_push, true, OUTSIDE_NOTHING},
    [STORE_SET_DISABLED] = {"set_disabled", sqlite_set_disabled, true, OUTSIDE_PERSON},
    [STORE_DROP_PUSH] = {"drop_push", sqlite_drop_push, true, OUTSIDE_NOTHING},
    [STORE_DROP_LINK] = {"drop_link", sqlite_drop_link, true, OUTSIDE_NOTHING},
    [STORE_PUT_PROFILE] = {"put_profile", sqlite_put_profile, true, OUTSIDE_NOTHING},
};

/* --- what is kept beside the database --- */

uint64_t *sqlite_writer_end(struct sqlite_writer *writer, int64_t room_id)
{
	size_t old = writer->ends_capacity;
	assert(room_id > 0);
	writer->ends =
	    mem_grow(writer->ends, &writer->ends_capacity, (size_t)room_id + 1, sizeof *writer->ends);
	memset(writer->ends + old, 0, (writer->ends_capacity - old) * sizeof *writer->ends);
	return &writer->ends[room_id];
}

void sqlite_writer_move_end(struct sqlite_writer *writer, int64_t room_id, uint64_t seq)
{
	uint64_t *end = sqlite_writer_end(writer, room_id);
	writer->moved =
	    mem_grow(writer->moved, &writer->moved_capacity, writer->moved_count + 1, sizeof *writer->moved);
	writer->moved[writer->moved_count++] = (struct moved_end){room_id, *end};
	*end = seq;
}

static void move_ends_back(struct sqlite_writer *writer, size_t to)
{
	while (writer->moved_count > to) {
		const struct moved_end *moved = &writer->moved[--writer->moved_count];
		writer->ends[moved->room_id] = moved->before;
	}
}

void sqlite_writer_move_read(struct sqlite_writer *writer, int64_t person, int64_t room_id, uint64_t seq)
{
	assert(person > 0 && room_id > 0);
	uint64_t hash = ((uint64_t)person * 31 + (uint64_t)room_id) * UINT64_C(0x9e3779b97f4a7c15);
	size_t *cached = &writer->reads_cache[hash >> 56];
	if (*cached >= writer->reads_mark && *cached < writer->reads_count) {
		struct moved_read *known = &writer->reads[*cached];
		if (known->person == person && known->room_id == room_id) {
			known->seq = seq;
			return;
		}
	}
	writer->reads =
	    mem_grow(writer->reads, &writer->reads_capacity, writer->reads_count + 1, sizeof *writer->reads);
	*cached = writer->reads_count;
	writer->reads[writer->reads_count++] = (struct moved_read){person, room_id, seq};
}

static int write_reads(struct sqlite_writer *writer)
{
	int result = STORE_OK;
	for (size_t i = 0; i < writer->reads_count && result == STORE_OK; i++) {
		const struct moved_read *read = &writer->reads[i];
		result = statements_run(
		    &writer->statements,
		    "UPDATE members SET read_seq=?3 WHERE person=?1 AND room=?2 AND read_seq<?3", "iii",
		    read->person, read->room_id, (int64_t)read->seq);
	}
	return result;
}

const char *sqlite_writer_keep(struct sqlite_writer *writer, const char *text)
{
	assert(text);
	writer->kept =
	    mem_grow(writer->kept, &writer->kept_capacity, writer->kept_count + 1, sizeof *writer->kept);
	return writer->kept[writer->kept_count++] = mem_string(text);
}

/* --- groups --- */

void sqlite_writer_add_room(struct sqlite_writer *writer, int64_t room_id)
{
	assert(room_id > 0);
	writer->added_rooms = mem_grow(writer->added_rooms, &writer->added_rooms_capacity,
				       writer->added_rooms_count + 1, sizeof *writer->added_rooms);
	writer->added_rooms[writer->added_rooms_count++] = room_id;
}

void sqlite_writer_resolve(const struct sqlite_writer *writer, int64_t *person, int64_t *room_id)
{
	size_t count = writer->added_rooms_count;
	if (person && !*person)
		*person = writer->added_person;
	if (!room_id || *room_id > 0)
		return;
	size_t place = *room_id ? (size_t) - *room_id : count;
	assert(place <= count);
	*room_id = place ? writer->added_rooms[place - 1] : 0;
}

static int note_outside(struct sqlite_writer *writer, const struct store_command *command)
{
	static const char *const names[] = {
	    [OUTSIDE_PERSON] = "person", [OUTSIDE_FACTOR] = "person", [OUTSIDE_SESSIONS] = "sessions",
	    [OUTSIDE_TOKENS] = "tokens", [OUTSIDE_ROOM] = "room",     [OUTSIDE_MEMBER] = "member",
	};
	enum outside outside = kinds[command->op].outside;
	int64_t person = 0, room_id = 0;
	if (!writer->notes_outside || outside == OUTSIDE_NOTHING)
		return STORE_OK;
	if (outside == OUTSIDE_PERSON)
		person = command->person.id;
	else if (outside == OUTSIDE_FACTOR)
		person = command->factor.person;
	else if (outside == OUTSIDE_SESSIONS)
		person = command->session.person;
	else if (outside == OUTSIDE_TOKENS)
		person = command->token.person;
	else if (outside == OUTSIDE_ROOM)
		room_id = command->room.id;
	else
		person = command->member.person, room_id = command->member.room_id;
	if (!person && !room_id)
		return STORE_OK;
	return statements_run(&writer->statements, "INSERT INTO outside(op, person, room) VALUES(?1, ?2, ?3)",
			      "tii", names[outside], person, room_id);
}

static bool needs_savepoint(const struct store_command *group, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (kinds[group[i].op].may_refuse)
			return true;
	return false;
}

static int run_command_of(struct sqlite_writer *writer, struct store_command *command)
{
	assert((unsigned)command->op < STORE_OPS);
	command->result = kinds[command->op].run(writer, command);
	if (command->result == STORE_OK && note_outside(writer, command) != STORE_OK)
		command->result = STORE_FAILED;
	if (command->result == STORE_FAILED)
		LOG_ERROR("store.write", "doing=%s error=\"%s\"", kinds[command->op].name,
			  sqlite3_errmsg(writer->statements.db));
	return command->result;
}

/* STORE_OK also where the group was refused; STORE_FAILED. */
static int run_group(struct sqlite_writer *writer, struct store_command *group, size_t count)
{
	assert(count);
	struct statements *statements = &writer->statements;
	bool is_saved = needs_savepoint(group, count);
	size_t moved = writer->moved_count, reads = writer->reads_count, refused = count;
	writer->added_person = 0;
	writer->added_rooms_count = 0;
	writer->reads_mark = is_saved ? reads : 0;
	if (is_saved && statements_run(statements, "SAVEPOINT command_group", "") != STORE_OK)
		return STORE_FAILED;
	for (size_t i = 0; i < count && refused == count; i++) {
		int result = run_command_of(writer, &group[i]);
		if (result == STORE_FAILED)
			return STORE_FAILED;
		if (result != STORE_OK)
			refused = i;
	}
	if (refused < count) {
		/* Invariant 2: nothing of the group was written, or all of it is rolled back below. */
		assert(is_saved || refused == 0);
		move_ends_back(writer, moved);
		writer->reads_count = reads;
		for (size_t i = 0; i < count; i++)
			if (i != refused)
				group[i].result = STORE_SKIPPED;
		if (is_saved && statements_run(statements, "ROLLBACK TO command_group", "") != STORE_OK)
			return STORE_FAILED;
	}
	return is_saved ? statements_run(statements, "RELEASE command_group", "") : STORE_OK;
}

/* --- batches --- */

static int run_groups(struct sqlite_writer *writer, const struct store_batch *batch)
{
	int result = STORE_OK;
	for (size_t from = 0, to; from < batch->count && result == STORE_OK; from = to) {
		for (to = from + 1; to < batch->count && !batch->commands[to].begins_group;)
			to++;
		result = run_group(writer, batch->commands + from, to - from);
	}
	return result == STORE_OK ? write_reads(writer) : result;
}

static int commit(struct sqlite_writer *writer)
{
	assert(!writer->is_committing); /* 1 */
	writer->is_committing = true;
	int result = statements_run(&writer->statements, "COMMIT", "");
	writer->is_committing = false;
	return result;
}

static int refuse_commit(void *context)
{
	const struct sqlite_writer *writer = context;
	return !writer->is_committing;
}

static void roll_back(struct sqlite_writer *writer, const struct store_batch *batch)
{
	/* After some errors (a full disk) SQLite has rolled back by itself. */
	if (!sqlite3_get_autocommit(writer->statements.db))
		statements_run(&writer->statements, "ROLLBACK", "");
	move_ends_back(writer, 0);
	for (size_t i = 0; i < batch->count; i++)
		batch->commands[i].result = STORE_FAILED;
	leftover_look(writer);
}

void sqlite_writer_run(struct sqlite_writer *writer, struct store_batch *batch)
{
	assert(batch->done);
	size_t kept = writer->kept_count;
	const char *doing = "begin";
	/* Invariant 3: ends[] is what the database holds. */
	assert(!writer->moved_count && !writer->reads_count);
	/* A disk that failed may have refused to roll the last batch back. */
	if (!sqlite3_get_autocommit(writer->statements.db))
		statements_run(&writer->statements, "ROLLBACK", "");
	int result = statements_run(&writer->statements, "BEGIN IMMEDIATE", "");
	bool is_begun = result == STORE_OK;
	if (is_begun)
		result = run_groups(writer, batch);
	if (result == STORE_OK) {
		doing = "commit";
		result = commit(writer);
	}
	if (result != STORE_OK && (!is_begun || !strcmp(doing, "commit")))
		LOG_ERROR("store.write", "doing=%s error=\"%s\"", doing,
			  sqlite3_errmsg(writer->statements.db));
	if (result != STORE_OK)
		roll_back(writer, batch);
	writer->moved_count = writer->reads_count = 0;
	batch->done(batch, result);
	while (writer->kept_count > kept)
		free(writer->kept[--writer->kept_count]);
}

int sqlite_writer_init(struct sqlite_writer *writer, sqlite3 *db)
{
	assert(db && !writer->statements.db);
	writer->statements.db = db;
	int result =
	    statements_number(&writer->statements, &writer->last_entry,
			      "SELECT coalesce((SELECT value FROM meta WHERE key='last_entry'), 0)", "");
	if (result == STORE_OK)
		sqlite3_commit_hook(db, refuse_commit, writer);
	if (result == STORE_OK)
		leftover_look(writer);
	return result == STORE_OK ? STORE_OK : STORE_FAILED;
}

void sqlite_writer_release(struct sqlite_writer *writer)
{
	statements_release(&writer->statements);
	free(writer->swept.device);
	free(writer->swept.id);
	free(writer->ends);
	free(writer->moved);
	free(writer->reads);
	free(writer->added_rooms);
	free(writer->kept);
}
