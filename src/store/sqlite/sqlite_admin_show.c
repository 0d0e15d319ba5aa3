#include "store/sqlite/sqlite_admin_state.h"

#include "store/sqlite/sqlite_call.h"
#include "store/sqlite/sqlite_entry.h"
#include "store/sqlite/sqlite_file.h"

#include <stdio.h>
#include <string.h>

/* A visitor, whose type `show` knows. */
struct showing {
	union store_admin_visit visit;
	void *context;
	sqlite3 *db; /* of entries, for their files */
	int (*show)(const struct showing *showing, sqlite3_stmt *row);
};

/* Shows each row of the statement, which it finalizes; NULL: it could not be prepared. */
static int admin_each_row(struct store_admin *admin, sqlite3_stmt *rows, const struct showing *showing,
			  char *problem)
{
	int result = rows ? SQLITE_OK : SQLITE_ERROR, shown = 0;
	while (rows && !shown && (result = sqlite3_step(rows)) == SQLITE_ROW)
		shown = showing->show(showing, rows);
	if (!shown && result != SQLITE_DONE) {
		snprintf(problem, ADMIN_PROBLEM_BYTES, "the database cannot be read: %.300s",
			 sqlite3_errmsg(sqlite_admin_of(admin)->db));
		shown = -1;
	}
	sqlite3_finalize(rows);
	return shown;
}

/* --- people --- */

int sqlite_admin_find_person(struct store_admin *admin, const char *folded, enum person_kind kind,
			     int64_t *id, char *problem)
{
	struct sqlite_admin *self = sqlite_admin_of(admin);
	int result = statements_number(&self->writer.statements, id,
				       "SELECT id FROM people WHERE folded=?1 AND kind=?2", "ti", folded,
				       (int64_t)kind);
	if (result != STORE_FAILED)
		return 0;
	snprintf(problem, ADMIN_PROBLEM_BYTES, "the database cannot be read: %.300s",
		 sqlite3_errmsg(self->db));
	return -1;
}

static int admin_show_account(const struct showing *showing, sqlite3_stmt *row)
{
	struct store_admin_account account = {.name = sqlite_text(row, 0),
					      .is_admin = sqlite3_column_int(row, 1),
					      .created_ms = sqlite3_column_int64(row, 2),
					      .is_disabled = sqlite3_column_int(row, 3)};
	return showing->visit.account(showing->context, &account);
}

int sqlite_admin_each_account(struct store_admin *admin, store_admin_visit_account *visit, void *context,
			      char *problem)
{
	struct showing showing = {{.account = visit}, context, NULL, admin_show_account};
	sqlite3_stmt *rows = sqlite_prepare(
	    sqlite_admin_of(admin)->db,
	    "SELECT name, admin, created_ms, disabled FROM people WHERE kind=1 ORDER BY folded", "");
	return admin_each_row(admin, rows, &showing, problem);
}

static int admin_show_session(const struct showing *showing, sqlite3_stmt *row)
{
	struct store_admin_session session = {.is_token = sqlite3_column_int(row, 0),
					      .device = sqlite_text(row, 1),
					      .client = sqlite_text(row, 2),
					      .address = sqlite_text(row, 3),
					      .since_ms = sqlite3_column_int64(row, 4),
					      .seen_ms = sqlite3_column_int64(row, 5)};
	return showing->visit.session(showing->context, &session);
}

int sqlite_admin_each_session(struct store_admin *admin, int64_t person, store_admin_visit_session *visit,
			      void *context, char *problem)
{
	struct showing showing = {{.session = visit}, context, NULL, admin_show_session};
	sqlite3_stmt *rows = sqlite_prepare(
	    sqlite_admin_of(admin)->db,
	    "SELECT 0, device, client, address, since_ms, seen_ms FROM sessions WHERE person=?1 UNION ALL"
	    " SELECT 1, label, '', '', created_ms, 0 FROM tokens WHERE person=?1 ORDER BY 1, 5",
	    "i", person);
	return admin_each_row(admin, rows, &showing, problem);
}

/* --- rooms --- */

static int admin_show_room(const struct showing *showing, sqlite3_stmt *row)
{
	struct store_admin_room shown = {.room = {.id = sqlite3_column_int64(row, 0),
						  .name = sqlite_text(row, 1),
						  .is_private = sqlite3_column_int(row, 2),
						  .is_read_only = sqlite3_column_int(row, 3),
						  .is_topic_locked = sqlite3_column_int(row, 4),
						  .topic = sqlite_text(row, 5),
						  .retention_days = sqlite3_column_int64(row, 6),
						  .created_ms = sqlite3_column_int64(row, 7),
						  .purged_seq = (uint64_t)sqlite3_column_int64(row, 8),
						  .end_seq = (uint64_t)sqlite3_column_int64(row, 9)},
					 .members = sqlite3_column_int64(row, 10),
					 .said_ms = sqlite3_column_int64(row, 11)};
	shown.room.keeps_edits = sqlite3_column_int(row, 12);
	return showing->visit.room(showing->context, &shown);
}

int sqlite_admin_each_room(struct store_admin *admin, const char *name, store_admin_visit_room *visit,
			   void *context, char *problem)
{
	struct showing showing = {{.room = visit}, context, NULL, admin_show_room};
	sqlite3_stmt *rows = sqlite_prepare(
	    sqlite_admin_of(admin)->db,
	    "SELECT id, name, private, read_only, topic_locked, topic, retention_days, created_ms, "
	    "purged_seq,"
	    " max(purged_seq, coalesce((SELECT max(seq) FROM entries e WHERE e.room = r.id), 0)),"
	    " (SELECT count(*) FROM members m WHERE m.room = r.id),"
	    " (SELECT e.time_ms FROM entries e WHERE e.room = r.id ORDER BY e.seq DESC LIMIT 1),"
	    " keep_edits FROM rooms r WHERE NOT direct AND NOT removed AND (?1 = '' OR name = ?1) ORDER BY "
	    "id",
	    "t", name ? name : "");
	return admin_each_row(admin, rows, &showing, problem);
}

/* --- members --- */

#define MEMBERS                                                                                       \
	"SELECT p.name, m.person, m.room, m.role, m.read_seq FROM members m JOIN people p ON p.id = " \
	"m.person"

static int admin_show_member(const struct showing *showing, sqlite3_stmt *row)
{
	struct store_admin_member shown = {.name = sqlite_text(row, 0),
					   .member = {.person = sqlite3_column_int64(row, 1),
						      .room_id = sqlite3_column_int64(row, 2),
						      .role = (enum role)sqlite3_column_int(row, 3),
						      .read_seq = (uint64_t)sqlite3_column_int64(row, 4)}};
	return showing->visit.member(showing->context, &shown);
}

int sqlite_admin_each_member(struct store_admin *admin, int64_t room_id, store_admin_visit_member *visit,
			     void *context, char *problem)
{
	struct showing showing = {{.member = visit}, context, NULL, admin_show_member};
	sqlite3_stmt *rows = sqlite_prepare(
	    sqlite_admin_of(admin)->db,
	    MEMBERS " WHERE m.room = ?1 AND p.kind = 1 ORDER BY m.role DESC, m.joined_ms, p.id", "i",
	    room_id);
	return admin_each_row(admin, rows, &showing, problem);
}

int sqlite_admin_each_owned(struct store_admin *admin, int64_t person, store_admin_visit_member *visit,
			    void *context, char *problem)
{
	struct showing showing = {{.member = visit}, context, NULL, admin_show_member};
	sqlite3_stmt *rows = sqlite_prepare(sqlite_admin_of(admin)->db,
					    MEMBERS " WHERE m.person = ?1 AND m.role = 4", "i", person);
	return admin_each_row(admin, rows, &showing, problem);
}

/* --- entries --- */

static int admin_show_entry(const struct showing *showing, sqlite3_stmt *row)
{
	struct entry entry = {
	    .id = sqlite3_column_int64(row, 0),
	    .room = sqlite_text(row, 1),
	    .seq = (uint64_t)sqlite3_column_int64(row, 2),
	    .time_ms = sqlite3_column_int64(row, 3),
	    .kind = (enum entry_kind)sqlite3_column_int(row, 4),
	    .flags = (uint32_t)sqlite3_column_int(row, 5),
	    .ref = (uint64_t)sqlite3_column_int64(row, 6),
	    .name = sqlite_text(row, 7),
	    .ip = sqlite_text(row, 8),
	    .text = sqlite_text(row, 9),
	};
	struct entry_file files[LIMIT_FILES];
	struct sqlite_file_texts texts[LIMIT_FILES];
	entry.files = files;
	sqlite3_stmt *rows = entry.flags & ENTRY_FILES && !(entry.flags & ENTRY_DELETED)
				 ? sqlite_prepare(showing->db, SQLITE_FILES_OF_ENTRY, "i", entry.id)
				 : NULL;
	while (rows && sqlite3_step(rows) == SQLITE_ROW) {
		sqlite_show_file(rows, &texts[entry.files_count], &files[entry.files_count]);
		entry.files_count++;
	}
	sqlite3_finalize(rows);
	return showing->visit.entry(showing->context, &entry);
}

int sqlite_admin_each_entry(struct store_admin *admin, int64_t room_id, int64_t since_ms,
			    store_admin_visit_entry *visit, void *context, char *problem)
{
	struct showing showing = {{.entry = visit}, context, sqlite_admin_of(admin)->db, admin_show_entry};
	/* An edit of a deleted message may wait to be emptied: sqlite_leftover.h. */
	sqlite3_stmt *rows = sqlite_prepare(
	    sqlite_admin_of(admin)->db,
	    "SELECT e.id, r.name, e.seq, e.time_ms, e.kind, iif(l.kind IS NULL, e.flags, e.flags|4), e.ref,"
	    " e.name, e.ip, iif(l.kind IS NULL, " SQLITE_TEXT_SHOWN(
		"e") ", '') FROM entries e JOIN rooms r ON r.id = e.room"
		     " LEFT JOIN leftovers l ON e.kind = 2 AND l.kind = 1 AND l.number = e.room AND l.seq = "
		     "e.ref"
		     " WHERE NOT r.direct AND NOT r.removed AND (?1 = 0 OR r.id = ?1) AND e.time_ms >= ?2"
		     " ORDER BY e.id",
	    "ii", room_id, since_ms);
	return admin_each_row(admin, rows, &showing, problem);
}

/* --- the record of moderation --- */

static int admin_show_deed(const struct showing *showing, sqlite3_stmt *row)
{
	bool is_there = sqlite3_column_type(row, 3) != SQLITE_NULL;
	struct store_admin_deed shown = {.room = is_there ? sqlite_text(row, 3) : NULL,
					 .deed = {.id = sqlite3_column_int64(row, 0),
						  .time_ms = sqlite3_column_int64(row, 1),
						  .room_id = sqlite3_column_int64(row, 2),
						  .by = sqlite_text(row, 4),
						  .op = sqlite_text(row, 5),
						  .target = sqlite_text(row, 6),
						  .reason = sqlite_text(row, 7),
						  .until_ms = sqlite3_column_int64(row, 8)}};
	return showing->visit.deed(showing->context, &shown);
}

int sqlite_admin_each_deed(struct store_admin *admin, int64_t room_id, store_admin_visit_deed *visit,
			   void *context, char *problem)
{
	struct showing showing = {{.deed = visit}, context, NULL, admin_show_deed};
	sqlite3_stmt *rows = sqlite_prepare(
	    sqlite_admin_of(admin)->db,
	    "SELECT m.id, m.time_ms, m.room, r.name, m.by, m.op, m.target, m.reason, m.until_ms"
	    " FROM moderation m LEFT JOIN rooms r ON r.id = m.room AND NOT r.removed"
	    " WHERE ?1 = 0 OR m.room = ?1 ORDER BY m.id",
	    "i", room_id);
	return admin_each_row(admin, rows, &showing, problem);
}

/* --- invitation links --- */

static int admin_show_link(const struct showing *showing, sqlite3_stmt *row)
{
	struct store_admin_link shown = {.room = (const char *)sqlite3_column_text(row, 1),
					 .maker = (const char *)sqlite3_column_text(row, 2),
					 .link = {.key = sqlite_text(row, 0),
						  .uses = sqlite3_column_int64(row, 3),
						  .used = sqlite3_column_int64(row, 4),
						  .until_ms = sqlite3_column_int64(row, 5)}};
	return showing->visit.link(showing->context, &shown);
}

int sqlite_admin_each_link(struct store_admin *admin, int64_t now_ms, store_admin_visit_link *visit,
			   void *context, char *problem)
{
	struct showing showing = {{.link = visit}, context, NULL, admin_show_link};
	sqlite3_stmt *rows =
	    sqlite_prepare(sqlite_admin_of(admin)->db,
			   "SELECT l.key, r.name, p.name, l.uses, l.used, l.until_ms FROM links l"
			   " LEFT JOIN rooms r ON r.id = l.room LEFT JOIN people p ON p.id = l.maker"
			   " WHERE l.until_ms > ?1 AND l.used < l.uses ORDER BY l.made_ms DESC, l.key",
			   "i", now_ms);
	return admin_each_row(admin, rows, &showing, problem);
}

/* --- files --- */

static int admin_show_file(const struct showing *showing, sqlite3_stmt *row)
{
	struct store_admin_file shown = {.owner = sqlite_text(row, 5),
					 .room = sqlite_text(row, 6),
					 .seq = (uint64_t)sqlite3_column_int64(row, 7)};
	snprintf(shown.file.id, sizeof shown.file.id, "%s", sqlite_text(row, 0));
	snprintf(shown.file.name, sizeof shown.file.name, "%s", sqlite_text(row, 1));
	snprintf(shown.file.type, sizeof shown.file.type, "%s", sqlite_text(row, 2));
	shown.file.bytes = sqlite3_column_int64(row, 3);
	shown.file.made_ms = sqlite3_column_int64(row, 4);
	return showing->visit.file(showing->context, &shown);
}

int sqlite_admin_each_file(struct store_admin *admin, int64_t person, int64_t room_id, const char *id,
			   store_admin_visit_file *visit, void *context, char *problem)
{
	struct showing showing = {{.file = visit}, context, NULL, admin_show_file};
	sqlite3_stmt *rows = sqlite_prepare(
	    sqlite_admin_of(admin)->db,
	    "SELECT f.id, f.name, f.type, f.bytes, f.made_ms, coalesce(p.name, ''),"
	    " CASE WHEN f.entry < 0 THEN 'picture' WHEN r.direct THEN '' ELSE coalesce(r.name, '') END, "
	    "coalesce(e.seq, 0) FROM files f"
	    " LEFT JOIN people p ON p.id = f.owner LEFT JOIN entries e ON e.id = f.entry AND f.entry > 0"
	    " LEFT JOIN rooms r ON r.id = e.room WHERE (?1 = 0 OR f.owner = ?1)"
	    " AND (?2 = 0 OR e.room = ?2) AND (?3 = '' OR f.id = ?3) ORDER BY f.made_ms, f.id",
	    "iit", person, room_id, id);
	return admin_each_row(admin, rows, &showing, problem);
}
