/* A record of what clients were told, kept apart from the server, and a checker that asks the database itself whether it
 * is so: promises 1 to 5 of doc/protocol.md.
 *
 * The checker shares nothing with src/: its questions are its own, and it asks a copy of the files, so that
 * looking mends nothing. */
#ifndef BRUSIO_TESTS_UNIT_FAULT_LEDGER_H
#define BRUSIO_TESTS_UNIT_FAULT_LEDGER_H

#include "faulty_disk.h"

#define SENDS_MAX   2000
#define ROOMS       3 /* the last one is a direct conversation */
#define JOINED      2 /* rooms that are joined */
#define ENTRIES_MAX 2000

enum said { SAID_MESSAGE = 1, SAID_EDIT = 2, SAID_DELETE = 3, SAID_REACT = 4 };

/* Facts that the database has of a user: a role in #ops, or yes and no. */
enum fact { FACT_ROLE, FACT_MUTE, FACT_BANNED, FACT_INVITED, FACT_IN_SIDE, FACTS };

/* One send: what was asked, and what came back. Its id is "s" and its number. */
struct sent {
	enum said kind;
	unsigned user, room;
	uint64_t target, seq; /* seq: as it was acknowledged, 0: it was not */
	char text[4100];
	unsigned asked;  /* requests with its id that are under way */
	bool is_lost;    /* at some time it had no answer or store_failed: it may be stored or not */
	bool is_refused; /* it must not be stored */
};

struct shown {
	uint64_t seq;
	char name[16], text[4100];
};

static struct {
	struct sent sends[SENDS_MAX];
	size_t sends_count;
	struct shown *shown[ROOMS]; /* by seq - 1, without a hole */
	uint64_t shown_count[ROOMS];
	uint64_t counted[ROOMS];   /* entries that the last check found */
	unsigned may_be[FACTS][3]; /* by user: bits of what may be stored; 0: anything */
	uint64_t read[3][ROOMS];   /* by user: the furthest marker that was taken */
	char epoch[64];
	char wrong[1024]; /* the first broken promise; "" while all hold */
} ledger;

static const char *const user_names[] = {"mario", "anna", "luigi"};
/* The names in the database: the third is what anna and luigi say to each other. */
static const char *const room_names[ROOMS] = {"#lobby", "#ops", "direct:2:3"};

#define USERS (sizeof user_names / sizeof *user_names)

static inline __attribute__((format(printf, 1, 2))) void wrong(const char *format, ...)
{
	va_list arguments;
	if (*ledger.wrong)
		return;
	va_start(arguments, format);
	vsnprintf(ledger.wrong, sizeof ledger.wrong, format, arguments);
	va_end(arguments);
}

static inline void ledger_clear(void)
{
	for (int i = 0; i < ROOMS; i++) {
		if (!ledger.shown[i])
			ledger.shown[i] = calloc(ENTRIES_MAX, sizeof *ledger.shown[i]);
		ledger.shown_count[i] = ledger.counted[i] = 0;
	}
	ledger.sends_count = 0;
	memset(ledger.read, 0, sizeof ledger.read);
	memset(ledger.may_be, 0, sizeof ledger.may_be);
	for (int i = 0; i < 3; i++)
		for (enum fact fact = FACT_MUTE; fact < FACTS; fact++)
			ledger.may_be[fact][i] = 1;
	*ledger.epoch = *ledger.wrong = '\0';
}

static inline void ledger_release(void)
{
	for (int i = 0; i < ROOMS; i++)
		free(ledger.shown[i]);
}

/* This is so now; not sure: it may be, or be as it was. */
static inline void ledger_fact(enum fact fact, unsigned user, unsigned value, bool is_sure)
{
	unsigned *may_be = &ledger.may_be[fact][user];
	if (is_sure)
		*may_be = 1u << value;
	else if (*may_be)
		*may_be |= 1u << value;
}

/* The server named its history: it must be the one that it named before. */
static inline void ledger_epoch(const char *epoch)
{
	if (*ledger.epoch && strcmp(ledger.epoch, epoch) != 0)
		wrong("the epoch was %s and is %s", ledger.epoch, epoch);
	snprintf(ledger.epoch, sizeof ledger.epoch, "%s", epoch);
}

static inline void ledger_acknowledged(size_t number, uint64_t seq)
{
	struct sent *sent = &ledger.sends[number];
	if (sent->is_refused)
		wrong("s%zu was refused before and is acknowledged as %llu", number, (unsigned long long)seq);
	if (sent->seq && sent->seq != seq)
		wrong("s%zu was acknowledged as %llu and as %llu", number, (unsigned long long)sent->seq,
		      (unsigned long long)seq);
	sent->seq = seq;
}

/* Whether an edit of this room has the text, which begins with its number. */
static inline bool ledger_is_edit(unsigned room, const char *text)
{
	size_t number;
	return sscanf(text, "w%zu", &number) == 1 && number < ledger.sends_count &&
	       ledger.sends[number].kind == SAID_EDIT && ledger.sends[number].room == room;
}

/* A reader was shown this entry of the room: promises 1 and 5. */
static inline void ledger_shown(unsigned room, uint64_t seq, const char *name, const char *text)
{
	if (seq == 0 || seq > ledger.shown_count[room] + 1 || seq > ENTRIES_MAX) {
		wrong("%s: %llu was shown after %llu", room_names[room], (unsigned long long)seq,
		      (unsigned long long)ledger.shown_count[room]);
		return;
	}
	struct shown *shown = &ledger.shown[room][seq - 1];
	if (seq <= ledger.shown_count[room]) {
		/* Again, to somebody else: the same, or its text is gone, or an edit replaced it. */
		if (strcmp(shown->name, name) != 0 ||
		    (*text && *shown->text && strcmp(shown->text, text) != 0 && !ledger_is_edit(room, text)))
			wrong("%s: %llu was shown as \"%.20s\" and as \"%.20s\"", room_names[room],
			      (unsigned long long)seq, shown->text, text);
		return;
	}
	shown->seq = seq;
	snprintf(shown->name, sizeof shown->name, "%s", name);
	snprintf(shown->text, sizeof shown->text, "%s", text);
	ledger.shown_count[room] = seq;
}

/* --- the checker --- */

static inline sqlite3_stmt *check_prepare(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement = NULL;
	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
		wrong("checking: %s in %s", sqlite3_errmsg(db), sql);
	return statement;
}

/* Each row of these is a fault that the row's first column tells. */
static const char *const must_be_empty[] = {
    "SELECT 'integrity: ' || integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
    "SELECT 'gap in room ' || room FROM entries GROUP BY room HAVING min(seq) <> 1 OR max(seq) <> count(*)",
    "SELECT 'an entry without its send: ' || e.id FROM entries e LEFT JOIN sends s ON s.room = e.room"
    " AND s.seq = e.seq WHERE s.id IS NULL",
    "SELECT 'a send without its entry: ' || s.id FROM sends s LEFT JOIN entries e ON s.room = e.room"
    " AND s.seq = e.seq WHERE e.id IS NULL",
    "SELECT 'two sends of one entry: ' || min(id) FROM sends GROUP BY room, seq HAVING count(*) > 1",
    "SELECT 'deleted, but the text is there: ' || t.id FROM entries d JOIN entries t ON t.room = d.room"
    " AND t.seq = d.ref WHERE d.kind = 3 AND (t.text <> '' OR NOT t.flags & 4)",
    "SELECT 'deleted, but the text of an edit is there: ' || x.id FROM entries d JOIN entries x ON"
    " x.room = d.room AND x.kind = 2 AND x.ref = d.ref WHERE d.kind = 3 AND x.seq < d.seq AND x.text <> ''",
    "SELECT 'not deleted, but the text is gone: ' || t.id FROM entries t WHERE t.kind IN (1, 2) AND t.text = "
    "'' AND NOT t.flags & 4096"
    " AND NOT EXISTS (SELECT 1 FROM entries d WHERE d.kind = 3 AND d.room = t.room AND d.ref ="
    " iif(t.kind = 1, t.seq, t.ref))",
    "SELECT 'its newest edit is another: ' || t.id FROM entries t WHERE t.kind = 1 AND t.latest <>"
    " (SELECT coalesce(max(seq), 0) FROM entries x WHERE x.kind = 2 AND x.room = t.room AND x.ref = t.seq)",
    "SELECT 'a reaction without its entry: ' || r.emoji FROM reactions r JOIN entries t ON t.id = r.entry"
    " WHERE NOT EXISTS (SELECT 1 FROM entries x WHERE x.kind = 4 AND x.room = t.room AND x.ref = t.seq"
    " AND x.text = r.emoji AND x.person = r.person)",
    "SELECT 'a reaction is missing: ' || x.text FROM entries x JOIN entries t ON t.room = x.room AND"
    " t.seq = x.ref WHERE x.kind = 4 AND NOT t.flags & 4 AND NOT EXISTS (SELECT 1 FROM reactions r WHERE"
    " r.entry = t.id AND r.emoji = x.text AND r.person = x.person)",
    "SELECT 'an entry of nobody: ' || id FROM entries WHERE person NOT IN (SELECT id FROM people)",
    "SELECT 'its sender is another: ' || s.id FROM sends s JOIN entries e ON e.room = s.room AND e.seq = "
    "s.seq"
    " WHERE s.person <> e.person OR s.id IS NOT e.sid",
    "SELECT 'a member of nothing: ' || person FROM members WHERE person NOT IN (SELECT id FROM people) OR "
    "room"
    " NOT IN (SELECT id FROM rooms)",
    "SELECT 'a session of nobody: ' || person FROM sessions WHERE person NOT IN (SELECT id FROM people)",
    "SELECT 'somebody wrote here who is not a member: ' || e.id FROM entries e WHERE NOT EXISTS"
    " (SELECT 1 FROM members m WHERE m.person = e.person AND m.room = e.room)",
    "SELECT 'no owner: ' || r.name FROM rooms r WHERE r.name <> '#lobby' AND NOT r.direct AND EXISTS (SELECT "
    "1 FROM members m"
    " WHERE m.room = r.id) AND NOT EXISTS (SELECT 1 FROM members m WHERE m.room = r.id AND m.role = 4)",
    "SELECT 'somebody who is banned is in ' || r.name FROM rooms r JOIN sanctions s ON s.room = r.id AND "
    "s.kind = "
    "1"
    " JOIN members m ON m.room = r.id AND s.target = 'person:' || m.person",
    "SELECT 'somebody who is invited is in ' || r.name FROM rooms r JOIN invitations i ON i.room = r.id"
    " JOIN members m ON m.room = r.id AND m.person = i.person",
    "SELECT 'a conversation without one of its sides: ' || r.name FROM rooms r WHERE r.direct AND"
    " (SELECT count(*) FROM members m WHERE m.room = r.id AND m.person IN (r.side_low, r.side_high)) <> 2",
    "SELECT 'a room that nobody is in: ' || r.name FROM rooms r WHERE r.name <> '#lobby' AND NOT EXISTS"
    " (SELECT 1 FROM members m WHERE m.room = r.id)",
};

static inline void check_faults(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *rows = check_prepare(db, sql);
	if (rows && sqlite3_step(rows) == SQLITE_ROW)
		wrong("%s", (const char *)sqlite3_column_text(rows, 0));
	sqlite3_finalize(rows);
}

static inline unsigned room_number(const char *name)
{
	for (unsigned i = 0; i < ROOMS; i++)
		if (!strcmp(room_names[i], name))
			return i;
	return ROOMS;
}

/* An entry of the database against the send that it must come from. */
static inline void check_entry(sqlite3_stmt *row, bool *is_there)
{
	size_t number = strtoul((const char *)sqlite3_column_text(row, 0) + 1, NULL, 10);
	const char *room = (const char *)sqlite3_column_text(row, 1);
	const char *name = (const char *)sqlite3_column_text(row, 5);
	const char *text = (const char *)sqlite3_column_text(row, 6);
	uint64_t seq = (uint64_t)sqlite3_column_int64(row, 2);
	if (number >= ledger.sends_count) {
		wrong("s%zu was never sent", number);
		return;
	}
	const struct sent *sent = &ledger.sends[number];
	unsigned in = room_number(room);
	is_there[number] = true;
	if (in != sent->room || strcmp(name, user_names[sent->user]) != 0 ||
	    sqlite3_column_int(row, 3) != (int)sent->kind ||
	    (uint64_t)sqlite3_column_int64(row, 4) != sent->target ||
	    (*text && strcmp(text, sent->text) != 0)) {
		wrong("s%zu is not what was sent: %s in %s", number, name, room);
		return;
	}
	if (sent->is_refused)
		wrong("s%zu was refused and is stored as %llu", number, (unsigned long long)seq);
	if (sent->seq && sent->seq != seq)
		wrong("s%zu was acknowledged as %llu and is stored as %llu", number,
		      (unsigned long long)sent->seq, (unsigned long long)seq);
	if (seq > ledger.counted[in])
		ledger.counted[in] = seq;
	if (seq <= ledger.shown_count[in]) {
		const struct shown *shown = &ledger.shown[in][seq - 1];
		if (strcmp(shown->name, name) != 0 || (*text && *shown->text && strcmp(shown->text, text)))
			wrong("%s: %llu was shown as \"%.20s\" and is \"%.20s\"", room,
			      (unsigned long long)seq, shown->text, text);
	}
}

static inline void check_sends(sqlite3 *db)
{
	static bool is_there[SENDS_MAX];
	memset(is_there, 0, sizeof is_there);
	sqlite3_stmt *rows = check_prepare(
	    db, "SELECT s.id, r.name, e.seq, e.kind, e.ref, e.name, e.text FROM entries e JOIN sends s ON"
		" s.room = e.room AND s.seq = e.seq JOIN rooms r ON r.id = e.room ORDER BY e.id");
	memset(ledger.counted, 0, sizeof ledger.counted);
	while (rows && sqlite3_step(rows) == SQLITE_ROW)
		check_entry(rows, is_there);
	sqlite3_finalize(rows);
	for (size_t i = 0; i < ledger.sends_count; i++)
		if (ledger.sends[i].seq && !is_there[i])
			wrong("s%zu was acknowledged as %llu and is not stored", i,
			      (unsigned long long)ledger.sends[i].seq);
	for (unsigned i = 0; i < ROOMS; i++)
		if (ledger.shown_count[i] > ledger.counted[i])
			wrong("%s: %llu was shown and is not stored", room_names[i],
			      (unsigned long long)ledger.shown_count[i]);
}

/* A marker that was taken is stored: that one, or a later one. */
static inline void check_markers(sqlite3 *db)
{
	sqlite3_stmt *rows =
	    check_prepare(db, "SELECT p.name, r.name, m.read_seq FROM members m JOIN people p ON"
			      " p.id = m.person JOIN rooms r ON r.id = m.room");
	bool is_there[USERS][ROOMS] = {{false}};
	while (rows && sqlite3_step(rows) == SQLITE_ROW) {
		unsigned room = room_number((const char *)sqlite3_column_text(rows, 1));
		for (unsigned user = 0; user < USERS && room < ROOMS; user++)
			if (!strcmp(user_names[user], (const char *)sqlite3_column_text(rows, 0)))
				is_there[user][room] =
				    (uint64_t)sqlite3_column_int64(rows, 2) >= ledger.read[user][room];
	}
	sqlite3_finalize(rows);
	for (unsigned i = 0; i < USERS * ROOMS; i++)
		if (ledger.read[i / ROOMS][i % ROOMS] && !is_there[i / ROOMS][i % ROOMS])
			wrong("%s read up to %llu in %s, and that is not stored", user_names[i / ROOMS],
			      (unsigned long long)ledger.read[i / ROOMS][i % ROOMS], room_names[i % ROOMS]);
}

/* Checks what is stored of a user against what the deeds set. */
static const char *const facts_sql[FACTS] = {
    [FACT_ROLE] = "SELECT coalesce(max(m.role), 0) FROM members m JOIN people p ON p.id = m.person JOIN"
		  " rooms r ON r.id = m.room WHERE r.name = '#ops' AND p.name = ?1",
    [FACT_MUTE] = "SELECT count(*) FROM sanctions s JOIN people p ON s.target = 'person:' || p.id"
		  " WHERE s.kind = 2 AND p.name = ?1",
    [FACT_BANNED] = "SELECT count(*) FROM sanctions s JOIN people p ON s.target = 'person:' || p.id"
		    " WHERE s.kind = 1 AND p.name = ?1",
    [FACT_INVITED] = "SELECT count(*) FROM invitations i JOIN people p ON p.id = i.person WHERE p.name = ?1",
    [FACT_IN_SIDE] = "SELECT count(*) FROM members m JOIN people p ON p.id = m.person JOIN rooms r ON"
		     " r.id = m.room WHERE r.name = '#side' AND p.name = ?1",
};

static inline void check_fact(sqlite3 *db, enum fact fact, unsigned user)
{
	unsigned may_be = ledger.may_be[fact][user];
	sqlite3_stmt *row = check_prepare(db, facts_sql[fact]);
	sqlite3_bind_text(row, 1, user_names[user], -1, SQLITE_STATIC);
	if (row && sqlite3_step(row) == SQLITE_ROW && may_be && !(may_be >> sqlite3_column_int(row, 0) & 1))
		wrong("%s: %d is stored, and none of %x: %s", user_names[user], sqlite3_column_int(row, 0),
		      may_be, facts_sql[fact]);
	sqlite3_finalize(row);
}

/* Acknowledged changes are stored, and refused ones are not. The first user is the owner. */
static inline void check_deeds(sqlite3 *db)
{
	for (unsigned user = 1; user < USERS; user++)
		for (enum fact fact = 0; fact < FACTS; fact++)
			check_fact(db, fact, user);
}

static inline void check_epoch(sqlite3 *db)
{
	sqlite3_stmt *row = check_prepare(db, "SELECT value FROM meta WHERE key = 'epoch'");
	if (row && sqlite3_step(row) == SQLITE_ROW)
		ledger_epoch((const char *)sqlite3_column_text(row, 0));
	else
		wrong("there is no epoch");
	sqlite3_finalize(row);
}

static inline bool is_whole(sqlite3 *db)
{
	sqlite3_stmt *check = NULL;
	bool is_ok = sqlite3_prepare_v2(db, "PRAGMA search.quick_check", -1, &check, NULL) == SQLITE_OK &&
		     sqlite3_step(check) == SQLITE_ROW &&
		     !strcmp((const char *)sqlite3_column_text(check, 0), "ok");
	sqlite3_finalize(check);
	return is_ok;
}

/* The index may be behind, but what it says it has must be right, and what is forgotten must be gone. It is
 * synced now and then alone, so a disk that forgets may damage it; the indexer makes it anew then. */
static inline void check_index(sqlite3 *db, const char *path, bool may_be_damaged)
{
	char sql[400];
	snprintf(sql, sizeof sql, "ATTACH '%s' AS search", path);
	int result = sqlite3_exec(db, sql, NULL, NULL, NULL);
	if (result == SQLITE_OK)
		result = sqlite3_exec(db, "SELECT count(*) FROM search.sqlite_master", NULL, NULL, NULL);
	if (may_be_damaged && (result == SQLITE_CORRUPT || result == SQLITE_NOTADB || !is_whole(db)))
		return;
	if (result != SQLITE_OK) {
		wrong("the index cannot be opened: %s", sqlite3_errmsg(db));
		return;
	}
	sqlite3_stmt *there = check_prepare(db, "SELECT count(*) FROM search.sqlite_master WHERE name ="
						" 'segment_0'");
	bool has_index = there && sqlite3_step(there) == SQLITE_ROW && sqlite3_column_int(there, 0);
	sqlite3_finalize(there);
	if (!has_index)
		return;
	check_faults(db, "SELECT 'search integrity: ' || integrity_check FROM"
			 " pragma_integrity_check('search') WHERE integrity_check <> 'ok'");
	check_faults(db, "SELECT 'indexed up to ' || value || ', stored up to ' || (SELECT max(id) FROM"
			 " main.entries) FROM search.meta WHERE key = 'last_id' AND value >"
			 " (SELECT coalesce(max(id), 0) FROM main.entries)");
	sqlite3_exec(db, "CREATE VIRTUAL TABLE temp.words USING fts5vocab('search', 'segment_0', 'instance')",
		     NULL, NULL, NULL);
	check_faults(db, "SELECT 'the index knows a forgotten text of entry ' || doc FROM temp.words w WHERE"
			 " col = 'body' AND NOT EXISTS (SELECT 1 FROM main.entries e WHERE e.id = w.doc AND"
			 " e.text <> '') AND w.doc NOT IN (SELECT entry FROM main.forgotten)");
	check_faults(db, "SELECT 'not indexed: entry ' || e.id FROM main.entries e WHERE e.kind IN (1, 2) AND"
			 " e.text <> '' AND e.id <= (SELECT value FROM search.meta WHERE key = 'last_id') AND"
			 " e.id NOT IN (SELECT doc FROM temp.words)");
	check_faults(db, "SELECT 'indexed twice: entry ' || doc FROM temp.words WHERE col = 'tags' GROUP BY"
			 " doc, term HAVING count(*) > 1");
}

/* Looks at a copy of the database in `directory`, with the disk calm. */
static inline void ledger_check(const char *directory, bool may_be_damaged)
{
	static const char *const endings[] = {"", "-wal", "-journal"};
	static const char *const bases[] = {"brusio.db", "search.db"};
	char from[160], to[2][160];
	for (int i = 0; i < 6; i++) {
		snprintf(from, sizeof from, "%s/%s%s", directory, bases[i / 3], endings[i % 3]);
		snprintf(to[0], sizeof to[0], "%s/copy-%s%s", directory, bases[i / 3], endings[i % 3]);
		disk_copy(from, to[0]);
	}
	sqlite3 *db = NULL;
	snprintf(to[0], sizeof to[0], "%s/copy-brusio.db", directory);
	snprintf(to[1], sizeof to[1], "%s/copy-search.db", directory);
	if (sqlite3_open_v2(to[0], &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		wrong("the database cannot be opened: %s", sqlite3_errmsg(db));
	for (size_t i = 0; i < sizeof must_be_empty / sizeof *must_be_empty && !*ledger.wrong; i++)
		check_faults(db, must_be_empty[i]);
	if (!*ledger.wrong)
		check_epoch(db);
	if (!*ledger.wrong)
		check_sends(db);
	if (!*ledger.wrong)
		check_markers(db);
	if (!*ledger.wrong)
		check_deeds(db);
	if (!*ledger.wrong && disk_find(to[1])->seen.exists)
		check_index(db, to[1], may_be_damaged);
	sqlite3_close(db);
	for (int i = 0; i < 6; i++) {
		snprintf(to[0], sizeof to[0], "%s/copy-%s%s", directory, bases[i / 3], endings[i % 3]);
		disk_remove(to[0]);
	}
}

#endif
