#include "store/sqlite/sqlite_load.h"

#include "base/logging.h"
#include "store/sqlite/sqlite_call.h"
#include "store/sqlite/sqlite_leftover.h"

#include <stdio.h>
#include <string.h>

typedef void fill_command(sqlite3_stmt *row, struct store_command *command);

#define PERSON                                                                                           \
	"SELECT id, kind, name, folded, admin, id IN (SELECT person FROM factors), disabled, created_ms" \
	" FROM people"

static void fill_stored_person(sqlite3_stmt *row, struct store_command *command)
{
	command->op = STORE_ADD_PERSON;
	command->person = (struct store_person){.id = sqlite3_column_int64(row, 0),
						.kind = (enum person_kind)sqlite3_column_int(row, 1),
						.name = sqlite_text(row, 2),
						.folded = sqlite_text(row, 3),
						.is_admin = sqlite3_column_int(row, 4),
						.has_factor = sqlite3_column_int(row, 5),
						.is_disabled = sqlite3_column_int(row, 6),
						.made_ms = sqlite3_column_int64(row, 7)};
}

/* Sorted by when they were left, so that each goes to the end of the queue. */
#define SESSION                                                                                \
	"SELECT hash, person, device, client, address, token, since_ms, seen_ms FROM sessions" \
	" ORDER BY seen_ms=0, seen_ms"

static void fill_session(sqlite3_stmt *row, struct store_command *command)
{
	struct store_session *session = &command->session;
	command->op = STORE_PUT_SESSION;
	*session = (struct store_session){.person = sqlite3_column_int64(row, 1),
					  .device = sqlite_text(row, 2),
					  .client = sqlite_text(row, 3),
					  .address = sqlite_text(row, 4),
					  .has_token = sqlite3_column_type(row, 5) != SQLITE_NULL,
					  .since_ms = sqlite3_column_int64(row, 6),
					  .seen_ms = sqlite3_column_int64(row, 7)};
	sqlite_copy_hash(row, 0, session->hash, STORE_SESSION_BYTES);
	sqlite_copy_hash(row, 5, session->token, STORE_TOKEN_BYTES);
}

/* max(seq) of one room is one seek to the end of its part of entries_by_room. */
#define ROOM                                                                                             \
	"SELECT id, name, direct, private, read_only, topic_locked, topic, retention_days, side_low,"    \
	" side_high, created_ms, purged_seq, (SELECT max(seq) FROM entries WHERE room=rooms.id), maker," \
	" keep_edits"                                                                                    \
	" FROM rooms WHERE NOT removed"

static void fill_stored_room(sqlite3_stmt *row, struct store_command *command)
{
	struct store_room *room = &command->room;
	command->op = STORE_ADD_ROOM;
	*room = (struct store_room){
	    .id = sqlite3_column_int64(row, 0),
	    .name = sqlite_text(row, 1),
	    .is_direct = sqlite3_column_int(row, 2),
	    .is_private = sqlite3_column_int(row, 3),
	    .is_read_only = sqlite3_column_int(row, 4),
	    .is_topic_locked = sqlite3_column_int(row, 5),
	    .topic = sqlite_text(row, 6),
	    .retention_days = sqlite3_column_int64(row, 7),
	    .sides = {sqlite3_column_int64(row, 8), sqlite3_column_int64(row, 9)},
	    .created_ms = sqlite3_column_int64(row, 10),
	    .purged_seq = (uint64_t)sqlite3_column_int64(row, 11),
	    .end_seq = (uint64_t)sqlite3_column_int64(row, 12),
	    .maker = sqlite_text(row, 13),
	    .keeps_edits = sqlite3_column_int(row, 14),
	};
	if (room->end_seq < room->purged_seq)
		room->end_seq = room->purged_seq;
}

#define MEMBER "SELECT person, room, role, read_seq FROM members"

static void fill_member(sqlite3_stmt *row, struct store_command *command)
{
	command->op = STORE_PUT_MEMBER;
	command->member = (struct store_member){.person = sqlite3_column_int64(row, 0),
						.room_id = sqlite3_column_int64(row, 1),
						.role = (enum role)sqlite3_column_int(row, 2),
						.read_seq = (uint64_t)sqlite3_column_int64(row, 3)};
}

#define INVITATION "SELECT room, person, by, role, time_ms, until_ms, by_person FROM invitations"

static void fill_invitation(sqlite3_stmt *row, struct store_command *command)
{
	command->op = STORE_PUT_INVITATION;
	command->invitation = (struct store_invitation){.room_id = sqlite3_column_int64(row, 0),
							.person = sqlite3_column_int64(row, 1),
							.by = sqlite_text(row, 2),
							.role = (enum role)sqlite3_column_int(row, 3),
							.time_ms = sqlite3_column_int64(row, 4),
							.until_ms = sqlite3_column_int64(row, 5),
							.by_person = sqlite3_column_int64(row, 6)};
}

#define SANCTION \
	"SELECT room, kind, target, folded, name, by, reason, by_role, created_ms, until_ms FROM sanctions"

static void fill_sanction(sqlite3_stmt *row, struct store_command *command)
{
	command->op = STORE_PUT_SANCTION;
	command->sanction = (struct store_sanction){.room_id = sqlite3_column_int64(row, 0),
						    .kind = (enum sanction_kind)sqlite3_column_int(row, 1),
						    .target = sqlite_text(row, 2),
						    .folded = sqlite_text(row, 3),
						    .name = sqlite_text(row, 4),
						    .by = sqlite_text(row, 5),
						    .reason = sqlite_text(row, 6),
						    .by_role = (enum role)sqlite3_column_int(row, 7),
						    .time_ms = sqlite3_column_int64(row, 8),
						    .until_ms = sqlite3_column_int64(row, 9)};
}

#define BLOCK "SELECT person, blocked FROM blocks"

static void fill_block(sqlite3_stmt *row, struct store_command *command)
{
	command->op = STORE_PUT_BLOCK;
	command->block = (struct store_block){
	    .person = sqlite3_column_int64(row, 0), .blocked = sqlite3_column_int64(row, 1), .on = true};
}

#define PROFILE                                                                                  \
	"SELECT p.person, p.display, p.about, p.picture, p.hides_reading, f.key FROM profiles p" \
	" LEFT JOIN files f ON f.id=p.picture"

static void fill_profile(sqlite3_stmt *row, struct store_command *command)
{
	command->op = STORE_PUT_PROFILE;
	command->profile = (struct store_profile){.person = sqlite3_column_int64(row, 0),
						  .display = sqlite_text(row, 1),
						  .about = sqlite_text(row, 2),
						  .picture = sqlite_text(row, 3),
						  .hides_reading = sqlite3_column_int(row, 4)};
	snprintf(command->profile.picture_key, FILE_ID_BYTES, "%s", sqlite_text(row, 5));
}

/* Shows each row; the ends of rooms are learned on the way. *count: how many. */
static int show_rows(struct sqlite_writer *writer, sqlite3_stmt *rows, fill_command *fill, store_visit *visit,
		     void *context, int *count)
{
	int result;
	*count = 0;
	for (; (result = statements_next(rows)) == STORE_OK; ++*count) {
		struct store_command command = {.result = STORE_OK};
		fill(rows, &command);
		if (command.op == STORE_ADD_ROOM && command.room.id <= 0) {
			LOG_ERROR("store.load",
				  "room=%lld error=\"the database is damaged: restore a backup\"",
				  (long long)command.room.id);
			sqlite3_reset(rows);
			return STORE_FAILED;
		}
		if (command.op == STORE_ADD_ROOM)
			*sqlite_writer_end(writer, command.room.id) = command.room.end_seq;
		visit(context, &command);
	}
	return result == STORE_NONE ? STORE_OK : result;
}

int sqlite_load(struct sqlite_writer *writer, store_visit *visit, void *context)
{
	static const struct {
		const char *sql;
		fill_command *fill;
	} all[] = {
	    {PERSON " ORDER BY id", fill_stored_person},
	    {ROOM " ORDER BY id", fill_stored_room},
	    {SESSION, fill_session},
	    {MEMBER " WHERE room NOT IN (SELECT id FROM rooms WHERE removed)", fill_member},
	    {INVITATION, fill_invitation},
	    {SANCTION, fill_sanction},
	    {BLOCK, fill_block},
	    {PROFILE, fill_profile},
	};
	int count;
	/* Noted first: what another process changes meanwhile is shown again. */
	int result = statements_number(&writer->statements, &writer->outside_seen,
				       "SELECT coalesce(max(id), 0) FROM outside", "");
	for (size_t i = 0; i < sizeof all / sizeof *all && result == STORE_OK; i++)
		result = show_rows(writer, statements_rows(&writer->statements, all[i].sql, ""), all[i].fill,
				   visit, context, &count);
	return result == STORE_OK ? STORE_OK : STORE_FAILED;
}

/* --- what other processes change --- */

static int show_person(struct sqlite_writer *writer, int64_t person, store_visit *visit, void *context)
{
	struct store_command command = {.op = STORE_REMOVE_PERSON};
	sqlite3_stmt *row;
	int result = statements_row(&writer->statements, &row, PERSON " WHERE id=?1", "i", person);
	if (result == STORE_FAILED)
		return result;
	if (result == STORE_OK)
		fill_stored_person(row, &command);
	else
		command.person = (struct store_person){.id = person, .name = "", .folded = ""};
	if (command.person.kind == PERSON_GONE)
		command.op = STORE_REMOVE_PERSON;
	visit(context, &command);
	if (row)
		sqlite3_reset(row);
	return STORE_OK;
}

static int load_room(struct sqlite_writer *writer, int64_t room_id, store_visit *visit, void *context)
{
	int count;
	sqlite3_stmt *rows = statements_rows(&writer->statements, ROOM " AND id=?1", "i", room_id);
	int result = show_rows(writer, rows, fill_stored_room, visit, context, &count);
	if (result == STORE_OK && !count)
		visit(context, &(struct store_command){.op = STORE_REMOVE_ROOM, .room.id = room_id});
	return result;
}

static int load_member(struct sqlite_writer *writer, int64_t person, int64_t room_id, store_visit *visit,
		       void *context)
{
	int count;
	sqlite3_stmt *rows = statements_rows(&writer->statements, MEMBER " WHERE person=?1 AND room=?2", "ii",
					     person, room_id);
	int result = show_rows(writer, rows, fill_member, visit, context, &count);
	if (result == STORE_OK && !count)
		visit(context, &(struct store_command){.op = STORE_DROP_MEMBER,
						       .member = {.person = person, .room_id = room_id}});
	return result;
}

static int tell_note(struct sqlite_writer *writer, const char *op, int64_t person, int64_t room_id,
		     store_visit *visit, void *context)
{
	if (!strcmp(op, "person"))
		return show_person(writer, person, visit, context);
	if (!strcmp(op, "room"))
		return load_room(writer, room_id, visit, context);
	if (!strcmp(op, "member"))
		return load_member(writer, person, room_id, visit, context);
	if (!strcmp(op, "sessions"))
		visit(context, &(struct store_command){.op = STORE_DROP_SESSIONS, .session.person = person});
	if (!strcmp(op, "tokens"))
		visit(context, &(struct store_command){.op = STORE_DROP_TOKENS, .token.person = person});
	return STORE_OK;
}

/* The indexer and the readers have connections of their own, so the version changes by their doing too; then
 * there is no note, and looking for one is a seek. */
int sqlite_watch(struct sqlite_writer *writer, int64_t *version, store_visit *visit, void *context)
{
	int64_t now, seen = writer->outside_seen;
	int result = statements_number(&writer->statements, &now, "PRAGMA data_version", "");
	if (result != STORE_OK)
		return STORE_FAILED;
	if (now == *version)
		return STORE_OK;
	sqlite3_stmt *notes =
	    statements_rows(&writer->statements,
			    "SELECT id, op, person, room FROM outside WHERE id>?1 ORDER BY id", "i", seen);
	while ((result = statements_next(notes)) == STORE_OK) {
		seen = sqlite3_column_int64(notes, 0);
		if (tell_note(writer, sqlite_text(notes, 1), sqlite3_column_int64(notes, 2),
			      sqlite3_column_int64(notes, 3), visit, context) == STORE_FAILED) {
			sqlite3_reset(notes);
			return STORE_FAILED;
		}
	}
	if (result == STORE_FAILED)
		return result;
	writer->outside_seen = seen;
	*version = now;
	leftover_look(writer);
	return STORE_OK;
}
