#include "store/postgres/postgres_load.h"

#include <string.h>

typedef void fill_command(const PGresult *rows, int i, struct store_command *command);

#define PERSON                                                                                               \
	"SELECT id, kind, name, folded, admin, EXISTS (SELECT 1 FROM factors f WHERE f.person = p.id) FROM " \
	"people"                                                                                             \
	" p"

static void pg_fill_person(const PGresult *rows, int i, struct store_command *command)
{
	command->op = STORE_ADD_PERSON;
	command->person = (struct store_person){.id = postgres_number(rows, i, 0),
						.kind = (enum person_kind)postgres_number(rows, i, 1),
						.name = postgres_text(rows, i, 2),
						.folded = postgres_text(rows, i, 3),
						.is_admin = postgres_flag(rows, i, 4),
						.has_factor = postgres_flag(rows, i, 5)};
}

static void pg_fill_session(const PGresult *rows, int i, struct store_command *command)
{
	struct store_session *session = &command->session;
	command->op = STORE_PUT_SESSION;
	*session = (struct store_session){.person = postgres_number(rows, i, 1),
					  .device = postgres_text(rows, i, 2),
					  .client = postgres_text(rows, i, 3),
					  .address = postgres_text(rows, i, 4),
					  .since_ms = postgres_number(rows, i, 6),
					  .seen_ms = postgres_number(rows, i, 7)};
	postgres_bytes(rows, i, 0, session->hash, STORE_SESSION_BYTES);
	session->has_token = postgres_bytes(rows, i, 5, session->token, STORE_TOKEN_BYTES);
}

#define ROOM                                                                                           \
	"SELECT id, name, direct, private, read_only, topic_locked, topic, retention_days, side_low,"  \
	" side_high, created_ms, purged_seq, greatest(purged_seq, (SELECT e.seq FROM entries e WHERE " \
	"e.room ="                                                                                     \
	" r.id ORDER BY e.seq DESC LIMIT 1)), maker FROM rooms r WHERE NOT removed"

static void pg_fill_room(const PGresult *rows, int i, struct store_command *command)
{
	command->op = STORE_ADD_ROOM;
	command->room = (struct store_room){
	    .id = postgres_number(rows, i, 0),
	    .name = postgres_text(rows, i, 1),
	    .is_direct = postgres_flag(rows, i, 2),
	    .is_private = postgres_flag(rows, i, 3),
	    .is_read_only = postgres_flag(rows, i, 4),
	    .is_topic_locked = postgres_flag(rows, i, 5),
	    .topic = postgres_text(rows, i, 6),
	    .retention_days = postgres_number(rows, i, 7),
	    .sides = {postgres_number(rows, i, 8), postgres_number(rows, i, 9)},
	    .created_ms = postgres_number(rows, i, 10),
	    .purged_seq = (uint64_t)postgres_number(rows, i, 11),
	    .end_seq = (uint64_t)postgres_number(rows, i, 12),
	    .maker = postgres_text(rows, i, 13),
	};
}

#define MEMBER "SELECT person, room, role, read_seq FROM members"

static void pg_fill_member(const PGresult *rows, int i, struct store_command *command)
{
	command->op = STORE_PUT_MEMBER;
	command->member = (struct store_member){.person = postgres_number(rows, i, 0),
						.room_id = postgres_number(rows, i, 1),
						.role = (enum role)postgres_number(rows, i, 2),
						.read_seq = (uint64_t)postgres_number(rows, i, 3)};
}

static void pg_fill_invitation(const PGresult *rows, int i, struct store_command *command)
{
	command->op = STORE_PUT_INVITATION;
	command->invitation = (struct store_invitation){.room_id = postgres_number(rows, i, 0),
							.person = postgres_number(rows, i, 1),
							.by = postgres_text(rows, i, 2),
							.role = (enum role)postgres_number(rows, i, 3),
							.time_ms = postgres_number(rows, i, 4),
							.until_ms = postgres_number(rows, i, 5)};
}

static void pg_fill_sanction(const PGresult *rows, int i, struct store_command *command)
{
	command->op = STORE_PUT_SANCTION;
	command->sanction = (struct store_sanction){.room_id = postgres_number(rows, i, 0),
						    .kind = (enum sanction_kind)postgres_number(rows, i, 1),
						    .target = postgres_text(rows, i, 2),
						    .folded = postgres_text(rows, i, 3),
						    .name = postgres_text(rows, i, 4),
						    .by = postgres_text(rows, i, 5),
						    .reason = postgres_text(rows, i, 6),
						    .by_role = (enum role)postgres_number(rows, i, 7),
						    .time_ms = postgres_number(rows, i, 8),
						    .until_ms = postgres_number(rows, i, 9)};
}

static void pg_fill_block(const PGresult *rows, int i, struct store_command *command)
{
	command->op = STORE_PUT_BLOCK;
	command->block = (struct store_block){
	    .person = postgres_number(rows, i, 0), .blocked = postgres_number(rows, i, 1), .on = true};
}

/* Shows each row and frees them; NULL: the query failed. Returns how many, or -1. */
static int pg_show_rows(PGresult *rows, fill_command *fill, store_visit *visit, void *context)
{
	int count = rows ? libpq.ntuples(rows) : -1;
	for (int i = 0; i < count; i++) {
		struct store_command command = {.result = STORE_OK};
		fill(rows, i, &command);
		visit(context, &command);
	}
	if (rows)
		libpq.clear(rows);
	return count;
}

static int pg_load_all(struct postgres_link *link, int64_t *seen, store_visit *visit, void *context)
{
	static const struct {
		const char *sql;
		fill_command *fill;
	} all[] = {
	    {PERSON " ORDER BY id", pg_fill_person},
	    {ROOM " ORDER BY id", pg_fill_room},
	    {"SELECT hash, person, device, client, address, token, since_ms, seen_ms FROM sessions ORDER BY "
	     "seen_ms = 0, seen_ms, hash",
	     pg_fill_session},
	    {MEMBER " m WHERE NOT EXISTS (SELECT 1 FROM rooms r WHERE r.id = m.room AND r.removed)"
		    " ORDER BY person, room",
	     pg_fill_member},
	    {"SELECT room, person, by, role, time_ms, until_ms FROM invitations ORDER BY room, person",
	     pg_fill_invitation},
	    {"SELECT room, kind, target, folded, name, by, reason, by_role, created_ms, until_ms FROM "
	     "sanctions"
	     " ORDER BY id",
	     pg_fill_sanction},
	    {"SELECT person, blocked FROM blocks ORDER BY person, blocked", pg_fill_block},
	};
	PGresult *row = postgres_query(link, "SELECT coalesce(max(id), 0) FROM outside", "");
	if (!row)
		return STORE_FAILED;
	*seen = postgres_number(row, 0, 0);
	libpq.clear(row);
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (pg_show_rows(postgres_query(link, all[i].sql, ""), all[i].fill, visit, context) < 0)
			return STORE_FAILED;
	return STORE_OK;
}

int postgres_load(struct postgres_link *link, int64_t *seen, store_visit *visit, void *context)
{
	/* One snapshot of all. */
	if (postgres_run(link, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"))
		return STORE_FAILED;
	int result = pg_load_all(link, seen, visit, context);
	if (link->conn && postgres_run(link, "COMMIT"))
		result = STORE_FAILED;
	return result;
}

/* --- what other processes change --- */

static int pg_note_person(struct postgres_link *link, int64_t person, store_visit *visit, void *context)
{
	struct store_command command = {.op = STORE_REMOVE_PERSON,
					.person = {.id = person, .name = "", .folded = ""}};
	PGresult *row = postgres_query(link, PERSON " WHERE id = $1", "i", person);
	if (!row)
		return STORE_FAILED;
	if (libpq.ntuples(row))
		pg_fill_person(row, 0, &command);
	if (command.person.kind == PERSON_GONE)
		command.op = STORE_REMOVE_PERSON;
	visit(context, &command);
	libpq.clear(row);
	return STORE_OK;
}

static int pg_note_room(struct postgres_link *link, int64_t room_id, store_visit *visit, void *context)
{
	int count = pg_show_rows(postgres_query(link, ROOM " AND id = $1", "i", room_id), pg_fill_room, visit,
				 context);
	if (!count)
		visit(context, &(struct store_command){.op = STORE_REMOVE_ROOM, .room.id = room_id});
	return count < 0 ? STORE_FAILED : STORE_OK;
}

static int pg_note_member(struct postgres_link *link, int64_t person, int64_t room_id, store_visit *visit,
			  void *context)
{
	int count = pg_show_rows(
	    postgres_query(link, MEMBER " WHERE person = $1 AND room = $2", "ii", person, room_id),
	    pg_fill_member, visit, context);
	if (!count)
		visit(context, &(struct store_command){.op = STORE_DROP_MEMBER,
						       .member = {.person = person, .room_id = room_id}});
	return count < 0 ? STORE_FAILED : STORE_OK;
}

PGresult *postgres_load_new_notes(struct postgres_link *link, int64_t after)
{
	return postgres_query(link, "SELECT id, op, person, room FROM outside WHERE id > $1 ORDER BY id", "i",
			      after);
}

int postgres_load_notes(struct postgres_link *link, const PGresult *notes, int64_t *seen, store_visit *visit,
			void *context)
{
	int result = STORE_OK;
	for (int i = 0; i < libpq.ntuples(notes) && result == STORE_OK; i++) {
		const char *op = postgres_text(notes, i, 1);
		int64_t person = postgres_number(notes, i, 2), room_id = postgres_number(notes, i, 3);
		if (!strcmp(op, "person"))
			result = pg_note_person(link, person, visit, context);
		else if (!strcmp(op, "room"))
			result = pg_note_room(link, room_id, visit, context);
		else if (!strcmp(op, "member"))
			result = pg_note_member(link, person, room_id, visit, context);
		else
			visit(context,
			      &(struct store_command){.op = STORE_DROP_SESSIONS, .session.person = person});
		if (result == STORE_OK)
			*seen = postgres_number(notes, i, 0);
	}
	return result;
}
