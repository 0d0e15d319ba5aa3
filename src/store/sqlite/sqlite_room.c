#include "store/sqlite/sqlite_room.h"

#include "base/clock.h"
#include "store/sqlite/sqlite_leftover.h"

#include <assert.h>

/* --- rooms --- */

int sqlite_add_room(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_ADD_ROOM);
	struct store_room *room = &command->room;
	int result = statements_change(
	    &writer->statements,
	    "INSERT INTO rooms(name, direct, private, read_only, topic_locked, topic, retention_days,"
	    " side_low, side_high, created_ms, maker, keep_edits)"
	    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT DO NOTHING",
	    "tiiiitiiiiti", room->name, (int64_t)room->is_direct, (int64_t)room->is_private,
	    (int64_t)room->is_read_only, (int64_t)room->is_topic_locked, room->topic, room->retention_days,
	    room->sides[0], room->sides[1], room->created_ms ? room->created_ms : clock_wall_ms(),
	    room->maker ? room->maker : "", (int64_t)room->keeps_edits);
	if (result != STORE_OK)
		return result == STORE_NONE ? STORE_EXISTS : result;
	room->id = sqlite3_last_insert_rowid(writer->statements.db);
	sqlite_writer_add_room(writer, room->id);
	sqlite_writer_move_end(writer, room->id, 0);
	return STORE_OK;
}

int sqlite_update_room(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_UPDATE_ROOM);
	struct store_room *room = &command->room;
	sqlite_writer_resolve(writer, NULL, &room->id);
	int result = statements_change(
	    &writer->statements,
	    "UPDATE rooms SET private=iif(?2&1, ?3, private), topic=iif(?2&2, ?4, topic),"
	    " retention_days=iif(?2&4, ?5, retention_days), read_only=iif(?2&8, ?6, read_only),"
	    " topic_locked=iif(?2&16, ?7, topic_locked), keep_edits=iif(?2&32, ?8, keep_edits) WHERE id=?1 "
	    "AND NOT removed",
	    "iiitiiii", room->id, (int64_t)room->fields, (int64_t)room->is_private, room->topic,
	    room->retention_days, (int64_t)room->is_read_only, (int64_t)room->is_topic_locked,
	    (int64_t)room->keeps_edits);
	bool drops = room->fields & STORE_ROOM_KEEP_EDITS && !room->keeps_edits;
	return result == STORE_OK && drops ? leftover_add_kept(writer, room->id) : result;
}

int sqlite_close_room(struct sqlite_writer *writer, int64_t room_id)
{
	static const char *const steps[] = {
	    "DELETE FROM invitations WHERE room=?1",
	    "DELETE FROM sanctions WHERE room=?1",
	    "DELETE FROM links WHERE room=?1",
	    "DELETE FROM pins WHERE room=?1",
	};
	int result = statements_change(&writer->statements,
				       "UPDATE rooms SET removed=1, name='removed:'||id, topic='', direct=0,"
				       " side_low=0, side_high=0 WHERE id=?1 AND NOT removed",
				       "i", room_id);
	for (size_t i = 0; i < sizeof steps / sizeof *steps && result == STORE_OK; i++)
		result = statements_run(&writer->statements, steps[i], "i", room_id);
	return result == STORE_OK ? leftover_add_room(writer, room_id) : result;
}

int sqlite_remove_room(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_REMOVE_ROOM);
	return sqlite_close_room(writer, command->room.id);
}

int sqlite_skip_to(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_SKIP_TO);
	struct store_room *room = &command->room;
	sqlite_writer_resolve(writer, NULL, &room->id);
	int result = statements_run(&writer->statements, "UPDATE rooms SET purged_seq=?2 WHERE id=?1", "ii",
				    room->id, (int64_t)room->end_seq);
	if (result == STORE_OK)
		sqlite_writer_move_end(writer, room->id, room->end_seq);
	return result;
}

/* --- members --- */

int sqlite_put_member(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_PUT_MEMBER);
	struct store_member *member = &command->member;
	sqlite_writer_resolve(writer, &member->person, &member->room_id);
	int result = statements_run(&writer->statements,
				    "INSERT INTO members(person, room, role, read_seq, joined_ms)"
				    " VALUES(?1, ?2, ?3, ?4, ?5)"
				    " ON CONFLICT DO UPDATE SET role=?3, read_seq=max(read_seq, ?4)",
				    "iiiii", member->person, member->room_id, (int64_t)member->role,
				    (int64_t)member->read_seq, clock_wall_ms());
	if (result != STORE_OK)
		return result;
	return statements_run(&writer->statements,
			      "UPDATE rooms SET maker='' WHERE id=?1 AND maker<>''"
			      " AND EXISTS (SELECT 1 FROM people WHERE id=?2 AND kind=1)",
			      "ii", member->room_id, member->person);
}

int sqlite_drop_member(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_DROP_MEMBER);
	return statements_run(&writer->statements, "DELETE FROM members WHERE person=?1 AND room=?2", "ii",
			      command->member.person, command->member.room_id);
}

int sqlite_set_read(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_SET_READ);
	struct store_member *member = &command->member;
	return statements_change(
	    &writer->statements,
	    member->goes_back ? "UPDATE members SET read_seq=?3 WHERE person=?1 AND room=?2"
			      : "UPDATE members SET read_seq=max(read_seq, ?3) WHERE person=?1 AND room=?2",
	    "iii", member->person, member->room_id, (int64_t)member->read_seq);
}

struct heir {
	int64_t person, joined_ms;
	uint64_t read_seq;
};

/* The longest-standing member of this role; accounts alone, or anybody. Walks in members_by_room. */
static int find_heir(struct sqlite_writer *writer, int64_t room_id, enum role role, bool is_account,
		     struct heir *heir)
{
	sqlite3_stmt *row;
	int result =
	    statements_row(&writer->statements, &row,
			   "SELECT m.person, m.joined_ms, m.read_seq FROM members m CROSS JOIN people p"
			   " ON p.id=m.person WHERE m.room=?1 AND m.role=?2 AND (p.kind=1 OR NOT ?3)"
			   " ORDER BY m.joined_ms, m.person LIMIT 1",
			   "iii", room_id, (int64_t)role, (int64_t)is_account);
	if (result != STORE_OK)
		return result;
	*heir = (struct heir){sqlite3_column_int64(row, 0), sqlite3_column_int64(row, 1),
			      (uint64_t)sqlite3_column_int64(row, 2)};
	sqlite3_reset(row);
	return STORE_OK;
}

/* The longest-standing account of the room; person 0: there is none. */
static int room_find_account(struct sqlite_writer *writer, int64_t room_id, struct heir *heir)
{
	for (enum role role = ROLE_MEMBER; role <= ROLE_MODERATOR; role++) {
		struct heir one;
		int result = find_heir(writer, room_id, role, true, &one);
		if (result == STORE_FAILED)
			return result;
		if (result == STORE_OK && (!heir->person || one.joined_ms < heir->joined_ms))
			*heir = one;
	}
	return STORE_OK;
}

int sqlite_pass_ownership(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_PASS_OWNERSHIP);
	struct store_member *member = &command->member;
	struct heir heir = {0};
	int64_t owner;
	member->person = 0;
	int result = statements_number(&writer->statements, &owner,
				       "SELECT person FROM members WHERE room=?1 AND role=4 LIMIT 1", "i",
				       member->room_id);
	if (result != STORE_NONE)
		return result;
	result = room_find_account(writer, member->room_id, &heir);
	if (result != STORE_OK || !heir.person)
		return result;
	if (find_heir(writer, member->room_id, ROLE_MODERATOR, false, &heir) == STORE_FAILED)
		return STORE_FAILED;
	member->person = heir.person;
	member->role = ROLE_OWNER;
	member->read_seq = heir.read_seq;
	return statements_run(&writer->statements, "UPDATE members SET role=4 WHERE person=?1 AND room=?2",
			      "ii", member->person, member->room_id);
}

/* --- invitations --- */

int sqlite_put_invitation(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_PUT_INVITATION);
	struct store_invitation *invitation = &command->invitation;
	sqlite_writer_resolve(writer, &invitation->person, &invitation->room_id);
	return statements_run(&writer->statements,
			      "INSERT INTO invitations(room, person, by, role, time_ms, until_ms, by_person)"
			      " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE"
			      " SET by=?3, role=?4, time_ms=?5, until_ms=?6, by_person=?7",
			      "iitiiii", invitation->room_id, invitation->person, invitation->by,
			      (int64_t)invitation->role, invitation->time_ms, invitation->until_ms,
			      invitation->by_person);
}

int sqlite_drop_invitation(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_DROP_INVITATION);
	return statements_run(&writer->statements, "DELETE FROM invitations WHERE room=?1 AND person=?2",
			      "ii", command->invitation.room_id, command->invitation.person);
}

/* --- moderation --- */

int sqlite_put_sanction(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_PUT_SANCTION);
	const struct store_sanction *sanction = &command->sanction;
	return statements_run(
	    &writer->statements,
	    "INSERT INTO sanctions(room, kind, target, folded, name, by, reason, by_role, created_ms, "
	    "until_ms)"
	    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
	    " ON CONFLICT DO UPDATE SET folded=?4, name=?5, by=?6, reason=?7, by_role=?8, created_ms=?9,"
	    " until_ms=?10",
	    "iitttttiii", sanction->room_id, (int64_t)sanction->kind, sanction->target, sanction->folded,
	    sanction->name, sanction->by, sanction->reason, (int64_t)sanction->by_role,
	    sanction->time_ms ? sanction->time_ms : clock_wall_ms(), sanction->until_ms);
}

int sqlite_drop_sanction(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_DROP_SANCTION);
	const struct store_sanction *sanction = &command->sanction;
	return statements_change(&writer->statements,
				 "DELETE FROM sanctions WHERE room=?1 AND kind=?2 AND target=?3", "iit",
				 sanction->room_id, (int64_t)sanction->kind, sanction->target);
}

int sqlite_add_deed(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_ADD_DEED);
	struct store_deed *deed = &command->deed;
	sqlite_writer_resolve(writer, NULL, &deed->room_id);
	int result = statements_run(&writer->statements,
				    "INSERT INTO moderation(time_ms, room, op, by, target, reason, until_ms)"
				    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
				    "iitttti", deed->time_ms ? deed->time_ms : clock_wall_ms(), deed->room_id,
				    deed->op, deed->by, deed->target, deed->reason, deed->until_ms);
	if (result == STORE_OK)
		deed->id = sqlite3_last_insert_rowid(writer->statements.db);
	return result;
}
