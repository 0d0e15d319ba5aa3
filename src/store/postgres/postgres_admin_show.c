#include "store/postgres/postgres_admin.h"

#include "store/postgres/postgres_entry.h"

#include <stdio.h>

#define PAGE_ROWS 1000 /* of entries, which are shown page by page */

/* A visitor, whose type `show` knows. */
struct pg_showing {
	union store_admin_visit visit;
	void *context;
	int (*show)(const struct pg_showing *showing, const PGresult *rows, int row);
};

static int show_fail(struct store_admin *admin, char *problem)
{
	snprintf(problem, ADMIN_PROBLEM_BYTES, "the database cannot be read: %.300s",
		 postgres_admin_link(admin)->error);
	return -1;
}

/* Shows each row and frees them; NULL: the query failed. */
static int show_each(struct store_admin *admin, PGresult *rows, const struct pg_showing *showing,
		     char *problem)
{
	int result = 0;
	if (!rows)
		return show_fail(admin, problem);
	for (int i = 0; i < libpq.ntuples(rows) && !result; i++)
		result = showing->show(showing, rows, i);
	libpq.clear(rows);
	return result;
}

/* A link that was lost since the last question is made anew. */
static struct postgres_link *show_link(struct store_admin *admin)
{
	struct postgres_link *link = postgres_admin_link(admin);
	return postgres_link_open(link) ? NULL : link;
}

#define ASK(admin, ...) (show_link(admin) ? postgres_query(postgres_admin_link(admin), __VA_ARGS__) : NULL)

/* --- people --- */

int postgres_admin_find_person(struct store_admin *admin, const char *folded, enum person_kind kind,
			       int64_t *id, char *problem)
{
	PGresult *rows =
	    ASK(admin, "SELECT id FROM people WHERE folded = $1 AND kind = $2", "ti", folded, (int64_t)kind);
	if (!rows)
		return show_fail(admin, problem);
	*id = libpq.ntuples(rows) ? postgres_number(rows, 0, 0) : 0;
	libpq.clear(rows);
	return 0;
}

static int show_account(const struct pg_showing *showing, const PGresult *rows, int i)
{
	struct store_admin_account account = {.name = postgres_text(rows, i, 0),
					      .is_admin = postgres_flag(rows, i, 1),
					      .created_ms = postgres_number(rows, i, 2),
					      .is_disabled = postgres_flag(rows, i, 3)};
	return showing->visit.account(showing->context, &account);
}

int postgres_admin_each_account(struct store_admin *admin, store_admin_visit_account *visit, void *context,
				char *problem)
{
	struct pg_showing showing = {{.account = visit}, context, show_account};
	PGresult *rows = ASK(
	    admin, "SELECT name, admin, created_ms, disabled FROM people WHERE kind = 1 ORDER BY folded", "");
	return show_each(admin, rows, &showing, problem);
}

static int show_session(const struct pg_showing *showing, const PGresult *rows, int i)
{
	struct store_admin_session session = {.is_token = postgres_flag(rows, i, 0),
					      .device = postgres_text(rows, i, 1),
					      .client = postgres_text(rows, i, 2),
					      .address = postgres_text(rows, i, 3),
					      .since_ms = postgres_number(rows, i, 4),
					      .seen_ms = postgres_number(rows, i, 5)};
	return showing->visit.session(showing->context, &session);
}

int postgres_admin_each_session(struct store_admin *admin, int64_t person, store_admin_visit_session *visit,
				void *context, char *problem)
{
	struct pg_showing showing = {{.session = visit}, context, show_session};
	PGresult *rows =
	    ASK(admin,
		"SELECT false, device, client, address, since_ms, seen_ms FROM sessions WHERE person = $1 "
		"UNION ALL"
		" SELECT true, label, '', '', created_ms, 0 FROM tokens WHERE person = $1 ORDER BY 1, 5",
		"i", person);
	return show_each(admin, rows, &showing, problem);
}

/* --- rooms --- */

static int show_room(const struct pg_showing *showing, const PGresult *rows, int i)
{
	struct store_admin_room shown = {.room = {.id = postgres_number(rows, i, 0),
						  .name = postgres_text(rows, i, 1),
						  .is_private = postgres_flag(rows, i, 2),
						  .is_read_only = postgres_flag(rows, i, 3),
						  .is_topic_locked = postgres_flag(rows, i, 4),
						  .topic = postgres_text(rows, i, 5),
						  .retention_days = postgres_number(rows, i, 6),
						  .created_ms = postgres_number(rows, i, 7),
						  .purged_seq = (uint64_t)postgres_number(rows, i, 8),
						  .end_seq = (uint64_t)postgres_number(rows, i, 9)},
					 .members = postgres_number(rows, i, 10),
					 .said_ms = postgres_number(rows, i, 11)};
	shown.room.keeps_edits = postgres_flag(rows, i, 12);
	return showing->visit.room(showing->context, &shown);
}

int postgres_admin_each_room(struct store_admin *admin, const char *name, store_admin_visit_room *visit,
			     void *context, char *problem)
{
	struct pg_showing showing = {{.room = visit}, context, show_room};
	PGresult *rows =
	    ASK(admin,
		"SELECT id, name, private, read_only, topic_locked, topic, retention_days, created_ms, "
		"purged_seq,"
		" greatest(purged_seq, (SELECT e.seq FROM entries e WHERE e.room = r.id ORDER BY e.seq DESC "
		"LIMIT 1)),"
		" (SELECT count(*) FROM members m WHERE m.room = r.id),"
		" (SELECT e.time_ms FROM entries e WHERE e.room = r.id ORDER BY e.seq DESC LIMIT 1),"
		" keep_edits FROM rooms r WHERE NOT direct AND NOT removed AND ($1::text = '' OR name = $1) "
		"ORDER BY id",
		"t", name);
	return show_each(admin, rows, &showing, problem);
}

/* --- members --- */

#define MEMBERS                                                                                         \
	"SELECT p.name, m.person, m.room, m.role, m.read_seq FROM members m JOIN people p ON p.id = m." \
	"person"

static int show_member(const struct pg_showing *showing, const PGresult *rows, int i)
{
	struct store_admin_member shown = {.name = postgres_text(rows, i, 0),
					   .member = {.person = postgres_number(rows, i, 1),
						      .room_id = postgres_number(rows, i, 2),
						      .role = (enum role)postgres_number(rows, i, 3),
						      .read_seq = (uint64_t)postgres_number(rows, i, 4)}};
	return showing->visit.member(showing->context, &shown);
}

int postgres_admin_each_member(struct store_admin *admin, int64_t room_id, store_admin_visit_member *visit,
			       void *context, char *problem)
{
	struct pg_showing showing = {{.member = visit}, context, show_member};
	PGresult *rows =
	    ASK(admin, MEMBERS " WHERE m.room = $1 AND p.kind = 1 ORDER BY m.role DESC, m.joined_ms, p.id",
		"i", room_id);
	return show_each(admin, rows, &showing, problem);
}

int postgres_admin_each_owned(struct store_admin *admin, int64_t person, store_admin_visit_member *visit,
			      void *context, char *problem)
{
	struct pg_showing showing = {{.member = visit}, context, show_member};
	PGresult *rows =
	    ASK(admin, MEMBERS " WHERE m.person = $1 AND m.role = 4 ORDER BY m.room", "i", person);
	return show_each(admin, rows, &showing, problem);
}

/* --- entries --- */

static int show_entry(const struct pg_showing *showing, const PGresult *rows, int i)
{
	struct entry entry = {
	    .id = postgres_number(rows, i, 0),
	    .room = postgres_text(rows, i, 1),
	    .seq = (uint64_t)postgres_number(rows, i, 2),
	    .time_ms = postgres_number(rows, i, 3),
	    .kind = (enum entry_kind)postgres_number(rows, i, 4),
	    .flags = (uint32_t)postgres_number(rows, i, 5),
	    .ref = (uint64_t)postgres_number(rows, i, 6),
	    .name = postgres_text(rows, i, 7),
	    .ip = postgres_text(rows, i, 8),
	    .text = postgres_text(rows, i, 9),
	};
	struct postgres_files files;
	if (!libpq.getisnull(rows, i, 10)) {
		entry.files = files.each;
		postgres_entry_cut_files(&entry, libpq.getvalue(rows, i, 10));
	}
	return showing->visit.entry(showing->context, &entry);
}

int postgres_admin_each_entry(struct store_admin *admin, int64_t room_id, int64_t since_ms,
			      store_admin_visit_entry *visit, void *context, char *problem)
{
	/* An edit of a deleted message may wait to be emptied. */
	static const char sql[] =
	    "SELECT e.id, r.name, e.seq, e.time_ms, e.kind, CASE WHEN l.kind IS NULL THEN e.flags ELSE "
	    "e.flags | 4 END,"
	    " e.ref, e.name, e.ip, CASE WHEN l.kind IS NULL THEN " POSTGRES_TEXT_SHOWN
	    " ELSE '' END, " POSTGRES_FILES " FROM entries e"
	    " JOIN rooms r ON r.id = e.room LEFT JOIN leftovers l ON e.kind = 2 AND l.kind = 1 AND l.number "
	    "= e.room"
	    " AND l.seq = e.ref WHERE NOT r.direct AND NOT r.removed AND ($1::bigint = 0 OR r.id = $1) AND "
	    "e.time_ms >= $2"
	    " AND e.id > $3 ORDER BY e.id LIMIT $4";
	struct pg_showing showing = {{.entry = visit}, context, show_entry};
	int64_t last = 0;
	for (int result = 0;;) {
		PGresult *rows = ASK(admin, sql, "iiii", room_id, since_ms, last, (int64_t)PAGE_ROWS);
		int count = rows ? libpq.ntuples(rows) : 0;
		if (count)
			last = postgres_number(rows, count - 1, 0);
		result = show_each(admin, rows, &showing, problem);
		if (result || count < PAGE_ROWS)
			return result;
	}
}

/* --- the record of moderation --- */

static int show_deed(const struct pg_showing *showing, const PGresult *rows, int i)
{
	struct store_admin_deed shown = {.room =
					     libpq.getisnull(rows, i, 3) ? NULL : postgres_text(rows, i, 3),
					 .deed = {.id = postgres_number(rows, i, 0),
						  .time_ms = postgres_number(rows, i, 1),
						  .room_id = postgres_number(rows, i, 2),
						  .by = postgres_text(rows, i, 4),
						  .op = postgres_text(rows, i, 5),
						  .target = postgres_text(rows, i, 6),
						  .reason = postgres_text(rows, i, 7),
						  .until_ms = postgres_number(rows, i, 8)}};
	return showing->visit.deed(showing->context, &shown);
}

int postgres_admin_each_deed(struct store_admin *admin, int64_t room_id, store_admin_visit_deed *visit,
			     void *context, char *problem)
{
	struct pg_showing showing = {{.deed = visit}, context, show_deed};
	PGresult *rows = ASK(admin,
			     "SELECT m.id, m.time_ms, m.room, r.name, m.by, m.op, m.target, m.reason, "
			     "m.until_ms FROM moderation m"
			     " LEFT JOIN rooms r ON r.id = m.room AND NOT r.removed WHERE $1::bigint = 0 OR "
			     "m.room = $1 ORDER BY m.id",
			     "i", room_id);
	return show_each(admin, rows, &showing, problem);
}

/* --- invitation links --- */

static int show_link_row(const struct pg_showing *showing, const PGresult *rows, int i)
{
	struct store_admin_link shown = {
	    .room = libpq.getisnull(rows, i, 1) ? NULL : postgres_text(rows, i, 1),
	    .maker = libpq.getisnull(rows, i, 2) ? NULL : postgres_text(rows, i, 2),
	    .link = {.key = postgres_text(rows, i, 0),
		     .uses = postgres_number(rows, i, 3),
		     .used = postgres_number(rows, i, 4),
		     .until_ms = postgres_number(rows, i, 5)}};
	return showing->visit.link(showing->context, &shown);
}

int postgres_admin_each_link(struct store_admin *admin, int64_t now_ms, store_admin_visit_link *visit,
			     void *context, char *problem)
{
	struct pg_showing showing = {{.link = visit}, context, show_link_row};
	PGresult *rows = ASK(admin,
			     "SELECT l.key, r.name, p.name, l.uses, l.used, l.until_ms FROM links l"
			     " LEFT JOIN rooms r ON r.id = l.room LEFT JOIN people p ON p.id = l.maker"
			     " WHERE l.until_ms > $1 AND l.used < l.uses ORDER BY l.made_ms DESC, l.key",
			     "i", now_ms);
	return show_each(admin, rows, &showing, problem);
}

/* --- files --- */

static int show_file(const struct pg_showing *showing, const PGresult *rows, int i)
{
	struct store_admin_file shown = {.owner = postgres_text(rows, i, 5),
					 .room = postgres_text(rows, i, 6),
					 .seq = (uint64_t)postgres_number(rows, i, 7)};
	snprintf(shown.file.id, sizeof shown.file.id, "%s", postgres_text(rows, i, 0));
	snprintf(shown.file.name, sizeof shown.file.name, "%s", postgres_text(rows, i, 1));
	snprintf(shown.file.type, sizeof shown.file.type, "%s", postgres_text(rows, i, 2));
	shown.file.bytes = postgres_number(rows, i, 3);
	shown.file.made_ms = postgres_number(rows, i, 4);
	return showing->visit.file(showing->context, &shown);
}

int postgres_admin_each_file(struct store_admin *admin, int64_t person, int64_t room_id, const char *id,
			     store_admin_visit_file *visit, void *context, char *problem)
{
	struct pg_showing showing = {{.file = visit}, context, show_file};
	PGresult *rows = ASK(
	    admin,
	    "SELECT f.id, f.name, f.type, f.bytes, f.made_ms, coalesce(p.name, ''),"
	    " CASE WHEN f.entry < 0 THEN 'picture' WHEN r.direct THEN '' ELSE coalesce(r.name, '') END,"
	    " coalesce(e.seq, 0) FROM files f"
	    " LEFT JOIN people p ON p.id = f.owner LEFT JOIN entries e ON e.id = f.entry AND f.entry > 0"
	    " LEFT JOIN rooms r ON r.id = e.room WHERE ($1::bigint = 0 OR f.owner = $1)"
	    " AND ($2::bigint = 0 OR e.room = $2) AND ($3::text = '' OR f.id = $3) ORDER BY f.made_ms, f.id",
	    "iit", person, room_id, id);
	return show_each(admin, rows, &showing, problem);
}
