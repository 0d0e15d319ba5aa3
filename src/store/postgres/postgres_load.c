#include "store/postgres/postgres_load.h"

#include "base/memory.h"
#include "store/postgres/postgres_entry.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void fill_command(const PGresult *rows, int i, struct store_command *command);

/* $1 is this node; 0: there is one server. */
#define ELSEWHERE(alias)                                                                         \
	"$1 <> 0 AND " alias ".node <> $1 AND EXISTS (SELECT 1 FROM nodes d WHERE d.id = " alias \
	".node AND d.name IS NOT NULL)"

#define PERSON                                                                                    \
	"SELECT id, kind, name, folded, admin, EXISTS (SELECT 1 FROM factors f WHERE f.person = " \
	"p.id)," ELSEWHERE("p") ", disabled, created_ms FROM people p"

static void pg_fill_person(const PGresult *rows, int i, struct store_command *command)
{
	command->op = STORE_ADD_PERSON;
	command->person = (struct store_person){.id = postgres_number(rows, i, 0),
						.kind = (enum person_kind)postgres_number(rows, i, 1),
						.name = postgres_text(rows, i, 2),
						.folded = postgres_text(rows, i, 3),
						.is_admin = postgres_flag(rows, i, 4),
						.has_factor = postgres_flag(rows, i, 5),
						.is_elsewhere = postgres_flag(rows, i, 6),
						.is_disabled = postgres_flag(rows, i, 7),
						.made_ms = postgres_number(rows, i, 8)};
}

#define SESSION                                                                               \
	"SELECT hash, person, device, client, address, token, since_ms, seen_ms, " ELSEWHERE( \
	    "s") " FROM sessions s"

static void pg_fill_session(const PGresult *rows, int i, struct store_command *command)
{
	struct store_session *session = &command->session;
	command->op = STORE_PUT_SESSION;
	*session = (struct store_session){.person = postgres_number(rows, i, 1),
					  .device = postgres_text(rows, i, 2),
					  .client = postgres_text(rows, i, 3),
					  .address = postgres_text(rows, i, 4),
					  .since_ms = postgres_number(rows, i, 6),
					  .seen_ms = postgres_number(rows, i, 7),
					  .is_elsewhere = postgres_flag(rows, i, 8)};
	postgres_bytes(rows, i, 0, session->hash, STORE_SESSION_BYTES);
	session->has_token = postgres_bytes(rows, i, 5, session->token, STORE_TOKEN_BYTES);
}

#define ROOM                                                                                           \
	"SELECT id, name, direct, private, read_only, topic_locked, topic, retention_days, side_low,"  \
	" side_high, created_ms, purged_seq, greatest(purged_seq, (SELECT e.seq FROM entries e WHERE " \
	"e.room ="                                                                                     \
	" r.id ORDER BY e.seq DESC LIMIT 1)), maker, keep_edits, rules FROM rooms r WHERE NOT removed"

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
	    .keeps_edits = postgres_flag(rows, i, 14),
	    .rules = postgres_number(rows, i, 15),
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
							.until_ms = postgres_number(rows, i, 5),
							.by_person = postgres_number(rows, i, 6)};
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

static void pg_fill_profile(const PGresult *rows, int i, struct store_command *command)
{
	command->op = STORE_PUT_PROFILE;
	command->profile = (struct store_profile){.person = postgres_number(rows, i, 0),
						  .display = postgres_text(rows, i, 1),
						  .about = postgres_text(rows, i, 2),
						  .picture = postgres_text(rows, i, 3),
						  .hides_reading = postgres_flag(rows, i, 4)};
	snprintf(command->profile.picture_key, FILE_ID_BYTES, "%s", postgres_text(rows, i, 5));
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

#define INVITATION "SELECT room, person, by, role, time_ms, until_ms, by_person FROM invitations"
#define SANCTION \
	"SELECT room, kind, target, folded, name, by, reason, by_role, created_ms, until_ms FROM sanctions"
#define PROFILE                                                                                  \
	"SELECT p.person, p.display, p.about, p.picture, p.hides_reading, f.key FROM profiles p" \
	" LEFT JOIN files f ON f.id = p.picture"

static int pg_load_all(struct postgres_link *link, int64_t node, int64_t *seen, store_visit *visit,
		       void *context)
{
	static const struct {
		const char *sql, *types;
		fill_command *fill;
	} all[] = {
	    {PERSON " ORDER BY id", "i", pg_fill_person},
	    {ROOM " ORDER BY id", "", pg_fill_room},
	    {SESSION " ORDER BY seen_ms = 0, seen_ms, hash", "i", pg_fill_session},
	    {MEMBER " m WHERE NOT EXISTS (SELECT 1 FROM rooms r WHERE r.id = m.room AND r.removed)"
		    " ORDER BY person, room",
	     "", pg_fill_member},
	    {INVITATION " ORDER BY room, person", "", pg_fill_invitation},
	    {SANCTION " ORDER BY id", "", pg_fill_sanction},
	    {"SELECT person, blocked FROM blocks ORDER BY person, blocked", "", pg_fill_block},
	    {PROFILE " ORDER BY p.person", "", pg_fill_profile},
	};
	PGresult *row = postgres_query(link, "SELECT coalesce(max(id), 0) FROM outside", "");
	if (!row)
		return STORE_FAILED;
	*seen = postgres_number(row, 0, 0);
	libpq.clear(row);
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (pg_show_rows(postgres_query(link, all[i].sql, all[i].types, node), all[i].fill, visit,
				 context) < 0)
			return STORE_FAILED;
	return STORE_OK;
}

int postgres_load(struct postgres_link *link, int64_t node, int64_t *seen, store_visit *visit, void *context)
{
	/* One snapshot of all. */
	if (postgres_run(link, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"))
		return STORE_FAILED;
	int result = pg_load_all(link, node, seen, visit, context);
	if (link->conn && postgres_run(link, "COMMIT"))
		result = STORE_FAILED;
	return result;
}

/* --- what other processes change --- */

static int pg_note_person(struct postgres_link *link, int64_t node, int64_t person, store_visit *visit,
			  void *context)
{
	struct store_command command = {.op = STORE_REMOVE_PERSON,
					.person = {.id = person, .name = "", .folded = ""}};
	PGresult *row = postgres_query(link, PERSON " WHERE id = $2", "ii", node, person);
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

int postgres_load_notes(struct postgres_link *link, int64_t node, const PGresult *notes, int64_t *seen,
			store_visit *visit, void *context)
{
	int result = STORE_OK;
	for (int i = 0; i < libpq.ntuples(notes) && result == STORE_OK; i++) {
		const char *op = postgres_text(notes, i, 1);
		int64_t person = postgres_number(notes, i, 2), room_id = postgres_number(notes, i, 3);
		if (!strcmp(op, "person"))
			result = pg_note_person(link, node, person, visit, context);
		else if (!strcmp(op, "room"))
			result = pg_note_room(link, room_id, visit, context);
		else if (!strcmp(op, "member"))
			result = pg_note_member(link, person, room_id, visit, context);
		else if (!strcmp(op, "tokens"))
			visit(context,
			      &(struct store_command){.op = STORE_DROP_TOKENS, .token.person = person});
		else
			visit(context,
			      &(struct store_command){.op = STORE_DROP_SESSIONS, .session.person = person});
		if (result == STORE_OK)
			*seen = postgres_number(notes, i, 0);
	}
	return result;
}

/* --- what other nodes change: note_v1() of sql/node.sql --- */

struct note {
	char what[16];
	int64_t person, room_id, number;
	const char *rest;
};

/* Shows the row, or else that it is gone. */
static int pg_show_or(PGresult *rows, fill_command *fill, const struct store_command *gone,
		      store_visit *visit, void *context)
{
	int count = pg_show_rows(rows, fill, visit, context);
	if (!count)
		visit(context, gone);
	return count < 0 ? STORE_FAILED : STORE_OK;
}

static int pg_note_session(struct postgres_link *link, int64_t node, const struct note *note,
			   store_visit *visit, void *context)
{
	struct store_command gone = {.op = STORE_DROP_SESSION, .session.person = note->person};
	sodium_hex2bin(gone.session.hash, STORE_SESSION_BYTES, note->rest, strlen(note->rest), NULL, NULL,
		       NULL);
	return pg_show_or(postgres_query(link, SESSION " WHERE hash = $2", "is", node, gone.session.hash),
			  pg_fill_session, &gone, visit, context);
}

/* Drops what they had, but for the one that is named. */
static int pg_note_sessions(const struct note *note, store_visit *visit, void *context)
{
	struct store_command ended = {.op = STORE_DROP_SESSIONS, .session.person = note->person};
	sodium_hex2bin(ended.session.hash, STORE_SESSION_BYTES, note->rest, strlen(note->rest), NULL, NULL,
		       NULL);
	visit(context, &ended);
	return STORE_OK;
}

/* All that it let in ends. */
static int pg_note_token(const struct note *note, store_visit *visit, void *context)
{
	struct store_command gone = {.op = STORE_DROP_TOKEN, .token.person = note->person};
	if (sodium_hex2bin(gone.token.hash, STORE_TOKEN_BYTES, note->rest, strlen(note->rest), NULL, NULL,
			   NULL) == 0)
		visit(context, &gone);
	return STORE_OK;
}

static int pg_note_invitation(struct postgres_link *link, const struct note *note, store_visit *visit,
			      void *context)
{
	struct store_command gone = {.op = STORE_DROP_INVITATION,
				     .invitation = {.room_id = note->room_id, .person = note->person}};
	return pg_show_or(postgres_query(link, INVITATION " WHERE room = $1 AND person = $2", "ii",
					 note->room_id, note->person),
			  pg_fill_invitation, &gone, visit, context);
}

static int pg_note_sanction(struct postgres_link *link, const struct note *note, store_visit *visit,
			    void *context)
{
	struct store_command gone = {.op = STORE_DROP_SANCTION,
				     .sanction = {.room_id = note->room_id,
						  .kind = (enum sanction_kind)note->number,
						  .target = note->rest}};
	return pg_show_or(postgres_query(link, SANCTION " WHERE room = $1 AND kind = $2 AND target = $3",
					 "iit", note->room_id, note->number, note->rest),
			  pg_fill_sanction, &gone, visit, context);
}

static int pg_note_block(struct postgres_link *link, const struct note *note, store_visit *visit,
			 void *context)
{
	struct store_command gone = {.op = STORE_PUT_BLOCK,
				     .block = {.person = note->person, .blocked = note->number}};
	return pg_show_or(postgres_query(link,
					 "SELECT person, blocked FROM blocks WHERE person = $1 AND blocked ="
					 " $2",
					 "ii", note->person, note->number),
			  pg_fill_block, &gone, visit, context);
}

static int pg_note_profile(struct postgres_link *link, const struct note *note, store_visit *visit,
			   void *context)
{
	struct store_command none = {
	    .op = STORE_PUT_PROFILE,
	    .profile = {.person = note->person, .display = "", .about = "", .picture = ""}};
	return pg_show_or(postgres_query(link, PROFILE " WHERE p.person = $1", "i", note->person),
			  pg_fill_profile, &none, visit, context);
}

/* "BY REASON": by whom, a name, and why. */
static int pg_note_kill(const struct note *note, store_visit *visit, void *context)
{
	size_t length = strcspn(note->rest, " ");
	char *by = mem_string_n(note->rest, length);
	const char *reason = note->rest + length + (note->rest[length] == ' ');
	visit(context, &(struct store_command){.op = STORE_ADD_DEED,
					       .deed = {.person = note->person, .by = by, .reason = reason}});
	free(by);
	return STORE_OK;
}

int postgres_load_note(struct postgres_link *link, int64_t node, const char *text, store_visit *visit,
		       void *context)
{
	struct note note = {.rest = ""};
	long long person, room_id, number;
	int at = 0;
	if (sscanf(text, "%15s %lld %lld %lld%n", note.what, &person, &room_id, &number, &at) != 4)
		return STORE_OK; /* of a newer version */
	note = (struct note){
	    .person = person, .room_id = room_id, .number = number, .rest = text[at] ? text + at + 1 : ""};
	sscanf(text, "%15s", note.what);
	if (!strcmp(note.what, "person"))
		return pg_note_person(link, node, note.person, visit, context);
	if (!strcmp(note.what, "room"))
		return pg_note_room(link, note.room_id, visit, context);
	if (!strcmp(note.what, "member"))
		return pg_note_member(link, note.person, note.room_id, visit, context);
	if (!strcmp(note.what, "session"))
		return pg_note_session(link, node, &note, visit, context);
	if (!strcmp(note.what, "sessions"))
		return pg_note_sessions(&note, visit, context);
	if (!strcmp(note.what, "token"))
		return pg_note_token(&note, visit, context);
	if (!strcmp(note.what, "invitation"))
		return pg_note_invitation(link, &note, visit, context);
	if (!strcmp(note.what, "sanction"))
		return pg_note_sanction(link, &note, visit, context);
	if (!strcmp(note.what, "block"))
		return pg_note_block(link, &note, visit, context);
	if (!strcmp(note.what, "profile"))
		return pg_note_profile(link, &note, visit, context);
	if (!strcmp(note.what, "kill"))
		return pg_note_kill(&note, visit, context);
	if (!strcmp(note.what, "push"))
		visit(context, &(struct store_command){.op = STORE_PUT_PUSH, .push.person = note.person});
	if (!strcmp(note.what, "purge"))
		visit(context, &(struct store_command){
				   .op = STORE_PURGE,
				   .purge = {.room_id = note.room_id, .purged_seq = (uint64_t)note.number}});
	if (!strcmp(note.what, "dropped"))
		visit(context,
		      &(struct store_command){.op = STORE_SWEEP_FILES, .file_sweep.dropped = note.rest});
	return STORE_OK;
}

int postgres_load_adopted(struct postgres_link *link, int64_t node, store_visit *visit, void *context)
{
	if (pg_show_rows(postgres_query(link, PERSON " WHERE node = $1 AND kind = 0", "i", node),
			 pg_fill_person, visit, context) < 0)
		return STORE_FAILED;
	return pg_show_rows(postgres_query(link, SESSION " WHERE node = $1", "i", node), pg_fill_session,
			    visit, context) < 0
		   ? STORE_FAILED
		   : STORE_OK;
}

int postgres_load_entries(struct postgres_link *link, int64_t room_id, uint64_t after, uint64_t before,
			  store_visit *visit, void *context)
{
	static const char sql[] = "SELECT " POSTGRES_ENTRY("e.text") " FROM entries e WHERE room = $1 AND"
								     " seq > $2 AND seq < $3 ORDER BY seq";
	PGresult *rows = postgres_query(link, sql, "iii", room_id, (int64_t)after, (int64_t)before);
	struct postgres_files files;
	struct entry entry;
	if (!rows)
		return STORE_FAILED;
	for (int i = 0; i < libpq.ntuples(rows); i++) {
		postgres_entry_read(rows, i, &entry, &files);
		visit(context, &(struct store_command){.op = STORE_APPEND, .append.entry = &entry});
	}
	libpq.clear(rows);
	return STORE_OK;
}
