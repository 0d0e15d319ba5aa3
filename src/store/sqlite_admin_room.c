#include "store/sqlite_admin_state.h"

#include "base/clock.h"
#include "base/memory.h"
#include "store/sqlite_call.h"

#include <stdlib.h>
#include <string.h>

#define DAY_MS INT64_C(86400000)

/* The number of the room, or 0 with `problem` filled in. */
static int64_t find_room(struct sqlite_admin *admin, const char *name, char *problem)
{
	sqlite3_stmt *find = sqlite_prepare(
	    admin->db, "SELECT id FROM rooms WHERE name = ?1 AND NOT direct AND NOT removed", "t", name);
	int64_t id = find && sqlite3_step(find) == SQLITE_ROW ? sqlite3_column_int64(find, 0) : 0;
	sqlite3_finalize(find);
	if (!id)
		sqlite_admin_fail(
		    problem, name,
		    "is not a room here; brusiod room list shows all (in a shell, quote it: '#lobby')");
	return id;
}

/* Calls back for each row; false there ends it. */
static int each_row(struct sqlite_admin *admin, sqlite3_stmt *rows,
		    bool (*show)(void *context, sqlite3_stmt *row), void *context, char *problem)
{
	int result = rows ? SQLITE_OK : SQLITE_ERROR;
	while (rows && (result = sqlite3_step(rows)) == SQLITE_ROW)
		if (!show(context, rows))
			break;
	sqlite3_finalize(rows);
	return result == SQLITE_DONE || result == SQLITE_ROW
		   ? 0
		   : sqlite_admin_fail_db(admin, problem, "the database cannot be read");
}

/* --- export --- */

struct exporting {
	sqlite_admin_visit_room *visit;
	void *context;
	int result;
};

static bool admin_show_room(void *context, sqlite3_stmt *row)
{
	struct exporting *exporting = context;
	struct store_room room = {.id = sqlite3_column_int64(row, 0),
				  .name = sqlite_text(row, 1),
				  .is_private = sqlite3_column_int(row, 2),
				  .is_read_only = sqlite3_column_int(row, 3),
				  .is_topic_locked = sqlite3_column_int(row, 4),
				  .topic = sqlite_text(row, 5),
				  .retention_days = sqlite3_column_int64(row, 6)};
	exporting->result = exporting->visit(exporting->context, &room);
	return exporting->result == 0;
}

int sqlite_admin_each_room(struct sqlite_admin *admin, const char *room, int64_t since_ms,
			   sqlite_admin_visit_room *visit, void *context, char *problem)
{
	struct exporting exporting = {.visit = visit, .context = context};
	if (room && *room && !find_room(admin, room, problem))
		return -1;
	sqlite3_stmt *rows = sqlite_prepare(
	    admin->db,
	    "SELECT id, name, private, read_only, topic_locked, topic, retention_days FROM rooms"
	    " WHERE NOT direct AND NOT removed AND (?1 = '' OR name = ?1) AND (?2 = 0 OR EXISTS"
	    " (SELECT 1 FROM entries e WHERE e.room = rooms.id AND e.time_ms >= ?2)) ORDER BY id",
	    "ti", room ? room : "", since_ms);
	int result = each_row(admin, rows, admin_show_room, &exporting, problem);
	return result ? result : exporting.result;
}

struct naming {
	sqlite_admin_visit_member *visit;
	void *context;
};

static bool admin_show_member(void *context, sqlite3_stmt *row)
{
	const struct naming *naming = context;
	struct sqlite_admin_member member = {.name = sqlite_text(row, 0),
					     .role = (enum role)sqlite3_column_int(row, 1),
					     .read_seq = (uint64_t)sqlite3_column_int64(row, 2)};
	naming->visit(naming->context, &member);
	return true;
}

int sqlite_admin_each_member(struct sqlite_admin *admin, int64_t room_id, sqlite_admin_visit_member *visit,
			     void *context, char *problem)
{
	struct naming naming = {visit, context};
	sqlite3_stmt *rows =
	    sqlite_prepare(admin->db,
			   "SELECT p.name, m.role, m.read_seq FROM members m JOIN people p ON p.id = m.person"
			   " WHERE m.room = ?1 AND p.kind = 1 ORDER BY m.role DESC, m.joined_ms, p.id",
			   "i", room_id);
	return each_row(admin, rows, admin_show_member, &naming, problem);
}

int sqlite_admin_export(struct sqlite_admin *admin, const char *room, int64_t since_ms,
			store_visit_entry *visit, void *context, char *problem)
{
	if (room && *room && !find_room(admin, room, problem))
		return -1;
	/* An edit of a deleted message may wait to be emptied: sqlite_leftover.h. */
	sqlite3_stmt *rows = sqlite_prepare(
	    admin->db,
	    "SELECT e.id, r.name, e.seq, e.time_ms, e.kind, iif(l.kind IS NULL, e.flags, e.flags|4), e.ref,"
	    " e.name, e.ip, iif(l.kind IS NULL, e.text, '') FROM entries e JOIN rooms r ON r.id = e.room"
	    " LEFT JOIN leftovers l ON e.kind = 2 AND l.kind = 1 AND l.number = e.room AND l.seq = e.ref"
	    " WHERE NOT r.direct AND NOT r.removed AND (?1 = '' OR r.name = ?1) AND e.time_ms >= ?2"
	    " ORDER BY e.id",
	    "ti", room ? room : "", since_ms);
	int result = rows ? SQLITE_OK : SQLITE_ERROR;
	while (rows && (result = sqlite3_step(rows)) == SQLITE_ROW) {
		struct entry entry = {
		    .id = sqlite3_column_int64(rows, 0),
		    .room = sqlite_text(rows, 1),
		    .seq = (uint64_t)sqlite3_column_int64(rows, 2),
		    .time_ms = sqlite3_column_int64(rows, 3),
		    .kind = (enum entry_kind)sqlite3_column_int(rows, 4),
		    .flags = (uint32_t)sqlite3_column_int(rows, 5),
		    .ref = (uint64_t)sqlite3_column_int64(rows, 6),
		    .name = sqlite_text(rows, 7),
		    .ip = sqlite_text(rows, 8),
		    .text = sqlite_text(rows, 9),
		};
		if (!visit(context, &entry))
			break;
	}
	sqlite3_finalize(rows);
	return result == SQLITE_DONE || result == SQLITE_ROW
		   ? 0
		   : sqlite_admin_fail_db(admin, problem, "cannot read the entries");
}

/* --- the record of moderation --- */

static bool write_deed(void *context, sqlite3_stmt *row)
{
	char stamp[CLOCK_TEXT_BYTES], until[CLOCK_TEXT_BYTES] = "";
	clock_format(sqlite3_column_int64(row, 0), stamp);
	if (sqlite3_column_int64(row, 6))
		clock_format(sqlite3_column_int64(row, 6), until);
	fprintf(context, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", stamp, sqlite_text(row, 1), sqlite_text(row, 2),
		sqlite_text(row, 3), sqlite_text(row, 4), until, sqlite_text(row, 5));
	return true;
}

int sqlite_admin_record(struct sqlite_admin *admin, const char *room, FILE *to, char *problem)
{
	if (room && !find_room(admin, room, problem))
		return -1;
	sqlite3_stmt *rows = sqlite_prepare(
	    admin->db,
	    "SELECT m.time_ms, coalesce(r.name, '-'), m.by, m.op, m.target, m.reason, m.until_ms"
	    " FROM moderation m LEFT JOIN rooms r ON r.id = m.room"
	    " WHERE ?1 = '' OR r.name = ?1 ORDER BY m.id",
	    "t", room ? room : "");
	return each_row(admin, rows, write_deed, to, problem);
}

/* --- rooms --- */

/* Rooms with what was last said in them; ?1: only those in which nothing was said since. */
static const char rooms_sql[] =
    "SELECT r.name, r.private, r.created_ms, (SELECT e.time_ms FROM entries e WHERE e.room = r.id"
    " ORDER BY e.seq DESC LIMIT 1) AS said_ms, (SELECT count(*) FROM members m WHERE m.room = r.id),"
    " (SELECT count(*) FROM entries e WHERE e.room = r.id), r.id FROM rooms r WHERE NOT r.direct AND NOT "
    "r.removed"
    " AND (?1 = 0 OR (coalesce(said_ms, r.created_ms) < ?1 AND r.name <> '#lobby')) ORDER BY r.name";

static bool admin_write_room(void *context, sqlite3_stmt *row)
{
	char stamp[CLOCK_TEXT_BYTES] = "-";
	if (sqlite3_column_int64(row, 3))
		clock_format(sqlite3_column_int64(row, 3), stamp);
	fprintf(context, "%s\t%s\t%lld\t%lld\t%s\n", sqlite_text(row, 0),
		sqlite3_column_int(row, 1) ? "private" : "public", (long long)sqlite3_column_int64(row, 4),
		(long long)sqlite3_column_int64(row, 5), stamp);
	return true;
}

static int64_t idle_since(int64_t idle_days)
{
	return idle_days ? clock_wall_ms() - idle_days * DAY_MS : 0;
}

int sqlite_admin_list_rooms(struct sqlite_admin *admin, int64_t idle_days, FILE *to, char *problem)
{
	sqlite3_stmt *rows = sqlite_prepare(admin->db, rooms_sql, "i", idle_since(idle_days));
	return each_row(admin, rows, admin_write_room, to, problem);
}

struct removing {
	struct store_command *commands;
	size_t count, capacity;
};

static void add_removal(struct removing *removing, int64_t room_id)
{
	removing->commands = mem_grow(removing->commands, &removing->capacity, removing->count + 1,
				      sizeof *removing->commands);
	removing->commands[removing->count++] =
	    (struct store_command){.op = STORE_REMOVE_ROOM, .begins_group = true, .room.id = room_id};
}

static bool remove_idle(void *context, sqlite3_stmt *row)
{
	add_removal(context, sqlite3_column_int64(row, 6));
	return true;
}

static int remove_all(struct sqlite_admin *admin, struct removing *removing, size_t *removed, char *problem)
{
	int result =
	    removing->count ? sqlite_admin_carry_out(admin, removing->commands, removing->count) : STORE_OK;
	*removed = removing->count;
	free(removing->commands);
	return result == STORE_OK || result == STORE_NONE
		   ? 0
		   : sqlite_admin_fail_db(admin, problem, "the rooms cannot be removed");
}

int sqlite_admin_delete_room(struct sqlite_admin *admin, const char *name, char *problem)
{
	struct removing removing = {0};
	size_t removed;
	int64_t room_id = find_room(admin, name, problem);
	if (!room_id)
		return -1;
	if (!strcmp(name, "#lobby"))
		return sqlite_admin_fail(problem, name, "is where everybody comes in; it cannot be deleted");
	add_removal(&removing, room_id);
	return remove_all(admin, &removing, &removed, problem);
}

int sqlite_admin_delete_idle_rooms(struct sqlite_admin *admin, int64_t idle_days, size_t *removed,
				   char *problem)
{
	struct removing removing = {0};
	sqlite3_stmt *rows = sqlite_prepare(admin->db, rooms_sql, "i", idle_since(idle_days));
	*removed = 0;
	if (each_row(admin, rows, remove_idle, &removing, problem)) {
		free(removing.commands);
		return -1;
	}
	return remove_all(admin, &removing, removed, problem);
}
