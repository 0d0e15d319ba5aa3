#include "store/sqlite/sqlite_schema_people.h"

/* Guests of the versions before lived in memory alone and are gone by now: their names, send ids and markers
 * with them. What is left of them are the direct conversations that somebody with an account had with one,
 * and reactions. */

/* One space of numbers for guests and accounts; a number is never given again. Values of kind and of every
 * other enum are those of store.h. */
#define PEOPLE                                                                                      \
	"CREATE TABLE people("                                                                      \
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"                                                    \
	" kind INTEGER NOT NULL,"                                                                   \
	" name TEXT NOT NULL,"                                                                      \
	" folded TEXT UNIQUE," /* NULL for persons who are gone */                                  \
	" password TEXT,"      /* argon2id, as crypto_pwhash_str() makes it; NULL for guests */     \
	" admin INTEGER NOT NULL DEFAULT 0,"                                                        \
	" created_ms INTEGER NOT NULL);"                                                            \
	"INSERT INTO people SELECT id, 1, name, folded, password, admin, created_ms FROM accounts;" \
	"INSERT INTO sqlite_sequence(name, seq) SELECT 'people', 0"                                 \
	" WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name='people');"                    \
	"UPDATE sqlite_sequence SET seq=max(seq, coalesce("                                         \
	" (SELECT seq FROM sqlite_sequence WHERE name='accounts'), 0)) WHERE name='people';"

/* Both sides of every direct conversation: "direct:a7:gABC". A guest's side has no person yet. */
#define SIDES                                                                                       \
	"CREATE TEMP TABLE sides(room INTEGER, side TEXT, person INTEGER);"                         \
	"INSERT INTO temp.sides(room, side) SELECT id, substr(pair, 1, instr(pair, ':')-1) FROM"    \
	" (SELECT id, substr(name, 8) AS pair FROM rooms WHERE direct);"                            \
	"INSERT INTO temp.sides(room, side) SELECT id, substr(pair, instr(pair, ':')+1) FROM"       \
	" (SELECT id, substr(name, 8) AS pair FROM rooms WHERE direct);"                            \
	"UPDATE temp.sides SET person=CAST(substr(side, 2) AS INTEGER) WHERE side GLOB 'a[0-9]*';"  \
	"CREATE INDEX temp.sides_by_side ON sides(side);"                                           \
	"CREATE INDEX temp.sides_by_room ON sides(room);"                                           \
	"CREATE TEMP TABLE closing(room INTEGER PRIMARY KEY);" /* read by nobody, or empty */       \
	"INSERT INTO temp.closing SELECT r.id FROM rooms r WHERE r.direct AND"                      \
	" (SELECT count(*) FROM temp.sides s JOIN accounts a ON a.id=s.person WHERE s.room=r.id) +" \
	" (r.purged_seq>0 OR EXISTS (SELECT 1 FROM entries e WHERE e.room=r.id)) < 2;"

/* Somebody who is gone is called as they were in the conversation last. A deleted account has its number
 * still; a guest gets one. */
#define LAST_NAME(which)                                                                                    \
	"coalesce((SELECT e.name FROM temp.sides t JOIN entries e ON e.room=t.room WHERE t.side=s.side AND" \
	" t.room NOT IN (SELECT room FROM temp.closing) AND e.account=" which                               \
	" ORDER BY e.id DESC LIMIT 1), 'guest')"
#define GONE                                                                                                 \
	"INSERT INTO people(id, kind, name, created_ms) SELECT s.person, 2, " LAST_NAME(                     \
	    "s.person") ", min(r.created_ms) FROM temp.sides s JOIN rooms r ON r.id=s.room"                  \
			" WHERE s.person IS NOT NULL AND s.person NOT IN (SELECT id FROM people)"            \
			" AND s.room NOT IN (SELECT room FROM temp.closing) GROUP BY s.person;"              \
			"CREATE TEMP TABLE guests(number INTEGER PRIMARY KEY, side TEXT UNIQUE, name TEXT, " \
			"created_ms INTEGER);"                                                               \
			"INSERT INTO temp.guests(side, name, created_ms) SELECT s.side, " LAST_NAME(         \
			    "0") ", min(r.created_ms) FROM temp.sides s JOIN rooms r ON r.id=s.room WHERE "  \
				 "s.person IS NULL"                                                          \
				 " AND s.room NOT IN (SELECT room FROM temp.closing) GROUP BY s.side;"       \
				 "UPDATE temp.guests SET number=-number;"                                    \
				 "UPDATE temp.guests SET number=(SELECT seq FROM sqlite_sequence WHERE "     \
				 "name='people')-number;"                                                    \
				 "INSERT INTO people(id, kind, name, created_ms) SELECT number, 2, name, "   \
				 "created_ms FROM"                                                           \
				 " temp.guests ORDER BY number;"                                             \
				 "UPDATE temp.sides SET person=(SELECT number FROM temp.guests g WHERE "     \
				 "g.side=sides.side)"                                                        \
				 " WHERE person IS NULL;"

#define ROOMS                                                                                               \
	"CREATE TEMP TABLE pairs(room INTEGER PRIMARY KEY, low INTEGER, high INTEGER);"                     \
	"INSERT INTO temp.pairs SELECT room, min(person), max(person) FROM temp.sides"                      \
	" WHERE room NOT IN (SELECT room FROM temp.closing) GROUP BY room;"                                 \
	"CREATE INDEX temp.pairs_by_sides ON pairs(low, high);"                                             \
	"CREATE TABLE new_rooms("                                                                           \
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"                                                            \
	" name TEXT NOT NULL UNIQUE," /* of a direct conversation direct:LOW:HIGH */                        \
	" direct INTEGER NOT NULL DEFAULT 0,"                                                               \
	" private INTEGER NOT NULL DEFAULT 0,"                                                              \
	" read_only INTEGER NOT NULL DEFAULT 0,"                                                            \
	" topic_locked INTEGER NOT NULL DEFAULT 0,"                                                         \
	" removed INTEGER NOT NULL DEFAULT 0," /* for everybody gone; its entries go step by step */        \
	" topic TEXT NOT NULL DEFAULT '',"                                                                  \
	" retention_days INTEGER NOT NULL DEFAULT 0,"                                                       \
	" purged_seq INTEGER NOT NULL DEFAULT 0,"                                                           \
	" side_low INTEGER NOT NULL DEFAULT 0," /* people.id of a direct conversation's sides */            \
	" side_high INTEGER NOT NULL DEFAULT 0,"                                                            \
	" created_ms INTEGER NOT NULL);"                                                                    \
	"INSERT INTO new_rooms(id, name, direct, private, removed, topic, retention_days, purged_seq,"      \
	" side_low, side_high, created_ms) SELECT r.id,"                                                    \
	" CASE WHEN c.room IS NOT NULL THEN 'removed:'||r.id WHEN NOT r.direct THEN r.name"                 \
	" ELSE 'direct:'||p.low||':'||p.high||iif(EXISTS (SELECT 1 FROM temp.pairs q WHERE q.low=p.low AND" \
	" q.high=p.high AND q.room<p.room), ':'||r.id, '') END,"                                            \
	" r.direct AND c.room IS NULL, r.private, c.room IS NOT NULL, r.topic, r.retention_days,"           \
	" r.purged_seq, coalesce(p.low, 0), coalesce(p.high, 0), r.created_ms FROM rooms r"                 \
	" LEFT JOIN temp.closing c ON c.room=r.id LEFT JOIN temp.pairs p ON p.room=r.id;"                   \
	"DROP TABLE rooms;"                                                                                 \
	"ALTER TABLE new_rooms RENAME TO rooms;"                                                            \
	"CREATE INDEX rooms_by_low ON rooms(side_low) WHERE direct;"                                        \
	"CREATE INDEX rooms_by_high ON rooms(side_high) WHERE direct;"                                      \
	"CREATE TABLE leftovers(" /* sqlite_leftover.h */                                                   \
	" kind INTEGER NOT NULL,"                                                                           \
	" number INTEGER NOT NULL,"                                                                         \
	" seq INTEGER NOT NULL,"                                                                            \
	" next INTEGER NOT NULL,"                                                                           \
	" PRIMARY KEY(kind, number, seq)) WITHOUT ROWID;"                                                   \
	"INSERT INTO leftovers SELECT 3, room, 0, 0 FROM temp.closing;"

/* A role is new between member and moderator. Who has an account longest counts as in the room longest. A
 * room that lost its last owner before gets one; the lobby never had one. */
#define MEMBERS                                                                                             \
	"CREATE TABLE new_members("                                                                         \
	" person INTEGER NOT NULL,"                                                                         \
	" room INTEGER NOT NULL,"                                                                           \
	" role INTEGER NOT NULL,"                                                                           \
	" read_seq INTEGER NOT NULL DEFAULT 0,"                                                             \
	" joined_ms INTEGER NOT NULL,"                                                                      \
	" PRIMARY KEY(person, room)) WITHOUT ROWID;"                                                        \
	"INSERT INTO new_members SELECT m.account, m.room, m.role+(m.role>=2), m.read_seq, p.created_ms"    \
	" FROM members m JOIN people p ON p.id=m.account AND p.kind=1"                                      \
	" JOIN rooms r ON r.id=m.room AND NOT r.removed;"                                                   \
	"DROP TABLE members;"                                                                               \
	"ALTER TABLE new_members RENAME TO members;"                                                        \
	"CREATE INDEX members_by_room ON members(room, role, joined_ms);"                                   \
	"UPDATE members SET role=4 WHERE (person, room) IN (SELECT person, room FROM (SELECT person, room," \
	" row_number() OVER (PARTITION BY room ORDER BY role=3 DESC, joined_ms, person) AS place FROM "     \
	"members"                                                                                           \
	" WHERE room NOT IN (SELECT room FROM members WHERE role=4) AND room IN"                            \
	" (SELECT id FROM rooms WHERE NOT direct AND name<>'#lobby')) WHERE place=1);"

#define SENDS                                                                                             \
	"CREATE TABLE new_sends("                                                                         \
	" person INTEGER NOT NULL,"                                                                       \
	" device TEXT NOT NULL,"                                                                          \
	" id TEXT NOT NULL,"                                                                              \
	" room INTEGER NOT NULL,"                                                                         \
	" seq INTEGER NOT NULL,"                                                                          \
	" time_ms INTEGER NOT NULL,"                                                                      \
	" PRIMARY KEY(person, device, id)) WITHOUT ROWID;"                                                \
	"INSERT OR IGNORE INTO new_sends SELECT CAST(substr(user, 9) AS INTEGER), device, id, room, seq," \
	" time_ms FROM sends WHERE user GLOB 'account:[0-9]*' AND CAST(substr(user, 9) AS INTEGER) IN"    \
	" (SELECT id FROM people WHERE kind=1);"                                                          \
	"DROP TABLE sends;"                                                                               \
	"ALTER TABLE new_sends RENAME TO sends;"

/* A guest who reacted gets a negative number, which is nobody's else. */
#define REACTIONS                                                                           \
	"CREATE TEMP TABLE reacting(number INTEGER PRIMARY KEY, user TEXT UNIQUE);"         \
	"INSERT INTO temp.reacting(user) SELECT DISTINCT user FROM reactions"               \
	" WHERE user NOT GLOB 'account:[0-9]*';"                                            \
	"CREATE TABLE new_reactions("                                                       \
	" entry INTEGER NOT NULL," /* entries.id */                                         \
	" emoji TEXT NOT NULL,"                                                             \
	" person INTEGER NOT NULL," /* negative: somebody who never was a person here */    \
	" name TEXT NOT NULL,"                                                              \
	" PRIMARY KEY(entry, emoji, person)) WITHOUT ROWID;"                                \
	"INSERT OR IGNORE INTO new_reactions SELECT r.entry, r.emoji,"                      \
	" coalesce(-g.number, CAST(substr(r.user, 9) AS INTEGER)), r.name FROM reactions r" \
	" LEFT JOIN temp.reacting g ON g.user=r.user;"                                      \
	"DROP TABLE reactions;"                                                             \
	"ALTER TABLE new_reactions RENAME TO reactions;"

#define SANCTIONS                                                                                 \
	"ALTER TABLE sanctions ADD COLUMN folded TEXT NOT NULL DEFAULT '';"                       \
	"ALTER TABLE sanctions ADD COLUMN by_role INTEGER NOT NULL DEFAULT 0;"                    \
	"DELETE FROM sanctions WHERE room NOT IN (SELECT id FROM rooms WHERE NOT removed);"       \
	"UPDATE sanctions SET by_role=3;"                                                         \
	"UPDATE sanctions SET folded=substr(target, 6) WHERE target GLOB 'name:*';"               \
	"UPDATE sanctions SET target='person:'||substr(target, 9) WHERE target GLOB 'account:*';" \
	"CREATE INDEX moderation_by_room ON moderation(room);"

#define OTHERS                                                                                           \
	"ALTER TABLE entries RENAME COLUMN account TO person;"                                           \
	"ALTER TABLE entries ADD COLUMN sid TEXT;" /* the id that its sender gave it */                  \
	"ALTER TABLE tokens RENAME COLUMN account TO person;"                                            \
	"DELETE FROM tokens WHERE person NOT IN (SELECT id FROM people WHERE kind=1);"                   \
	"ALTER TABLE blocks RENAME COLUMN account TO person;"                                            \
	"DELETE FROM blocks WHERE person NOT IN (SELECT id FROM people WHERE kind=1)"                    \
	" OR blocked NOT IN (SELECT id FROM people WHERE kind=1);"                                       \
	"CREATE INDEX blocks_by_blocked ON blocks(blocked);"                                             \
	"CREATE TABLE sessions("                                                                         \
	" hash BLOB PRIMARY KEY," /* BLAKE2b of the secret */                                            \
	" person INTEGER NOT NULL,"                                                                      \
	" device TEXT NOT NULL,"                                                                         \
	" client TEXT NOT NULL,"                                                                         \
	" address TEXT NOT NULL,"                                                                        \
	" token BLOB," /* hash of the token that it came in with */                                      \
	" since_ms INTEGER NOT NULL,"                                                                    \
	" seen_ms INTEGER NOT NULL) WITHOUT ROWID;" /* 0: it has a connection */                         \
	"CREATE INDEX sessions_by_person ON sessions(person);"                                           \
	"CREATE TABLE invitations("                                                                      \
	" room INTEGER NOT NULL,"                                                                        \
	" person INTEGER NOT NULL,"                                                                      \
	" by TEXT NOT NULL,"                                                                             \
	" role INTEGER NOT NULL,"                                                                        \
	" time_ms INTEGER NOT NULL,"                                                                     \
	" until_ms INTEGER NOT NULL,"                                                                    \
	" PRIMARY KEY(room, person)) WITHOUT ROWID;"                                                     \
	"CREATE INDEX invitations_by_person ON invitations(person);"                                     \
	"CREATE TABLE mentions("    /* people named by a message, or answered by it */                   \
	" person INTEGER NOT NULL," /* 0: all of the room */                                             \
	" room INTEGER NOT NULL,"                                                                        \
	" seq INTEGER NOT NULL,"                                                                         \
	" PRIMARY KEY(person, room, seq)) WITHOUT ROWID;"                                                \
	"CREATE INDEX mentions_by_entry ON mentions(room, seq);"                                         \
	"CREATE TABLE outside(" /* changes by other processes: sqlite_load.h */                          \
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"                                                         \
	" op TEXT NOT NULL,"                                                                             \
	" person INTEGER NOT NULL,"                                                                      \
	" room INTEGER NOT NULL);"                                                                       \
	"DROP TABLE accounts;"                                                                           \
	"DROP TABLE temp.sides; DROP TABLE temp.closing; DROP TABLE temp.guests; DROP TABLE temp.pairs;" \
	"DROP TABLE temp.reacting;"

const char sqlite_schema_people[] = PEOPLE SIDES GONE ROOMS MEMBERS SENDS REACTIONS SANCTIONS OTHERS;
