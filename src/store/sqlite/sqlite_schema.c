#include "store/sqlite/sqlite_schema.h"

#include "store/entry_checksum.h"
#include "store/sqlite/sqlite_backup.h"
#include "store/sqlite/sqlite_schema_people.h"
#include "version.h"

#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

/* migrations[n] leads from version n (PRAGMA user_version) to n + 1. Never change one that was released. */
static const char *const migrations[] = {
    /* 1. `entries.id` is the order of storing over all rooms; (room, seq) is the order that people see. */
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE rooms("
    " id INTEGER PRIMARY KEY,"
    " name TEXT NOT NULL UNIQUE,"
    " direct INTEGER NOT NULL DEFAULT 0,"
    " private INTEGER NOT NULL DEFAULT 0,"
    " topic TEXT NOT NULL DEFAULT '',"
    " retention_days INTEGER NOT NULL DEFAULT 0,"
    " purged_seq INTEGER NOT NULL DEFAULT 0,"
    " created_ms INTEGER NOT NULL);"
    "CREATE TABLE entries("
    " id INTEGER PRIMARY KEY,"
    " room INTEGER NOT NULL REFERENCES rooms(id),"
    " seq INTEGER NOT NULL,"
    " time_ms INTEGER NOT NULL,"
    " kind INTEGER NOT NULL,"
    " flags INTEGER NOT NULL,"
    " author INTEGER NOT NULL,"
    " account INTEGER NOT NULL,"
    " ref INTEGER NOT NULL,"
    " latest INTEGER NOT NULL DEFAULT 0," /* seq of the newest edit of this message, or of the edit before
					     this one */
    " name TEXT NOT NULL,"
    " ip TEXT NOT NULL,"
    " text TEXT NOT NULL);"
    "CREATE UNIQUE INDEX entries_by_room ON entries(room, seq);"
    /* The ids by which a send that comes again is the same send. */
    "CREATE TABLE sends("
    " user TEXT NOT NULL,"
    " device TEXT NOT NULL,"
    " id TEXT NOT NULL,"
    " room INTEGER NOT NULL,"
    " seq INTEGER NOT NULL,"
    " time_ms INTEGER NOT NULL,"
    " PRIMARY KEY(user, device, id)) WITHOUT ROWID;"
    "CREATE TABLE reactions("
    " entry INTEGER NOT NULL," /* entries.id */
    " emoji TEXT NOT NULL,"
    " user TEXT NOT NULL,"
    " name TEXT NOT NULL,"
    " PRIMARY KEY(entry, emoji, user)) WITHOUT ROWID;"
    "CREATE TABLE accounts("
    " id INTEGER PRIMARY KEY AUTOINCREMENT," /* a deleted account's number is never given again */
    " name TEXT NOT NULL,"
    " folded TEXT NOT NULL UNIQUE,"
    " password TEXT NOT NULL," /* argon2id, as crypto_pwhash_str() makes it */
    " admin INTEGER NOT NULL DEFAULT 0,"
    " created_ms INTEGER NOT NULL);"
    "CREATE TABLE tokens("
    " hash BLOB PRIMARY KEY," /* BLAKE2b of the token, which is random and long */
    " account INTEGER NOT NULL,"
    " label TEXT NOT NULL,"
    " created_ms INTEGER NOT NULL,"
    " UNIQUE(account, label)) WITHOUT ROWID;"
    "CREATE TABLE members("
    " account INTEGER NOT NULL,"
    " room INTEGER NOT NULL,"
    " role INTEGER NOT NULL,"
    " read_seq INTEGER NOT NULL DEFAULT 0,"
    " PRIMARY KEY(account, room)) WITHOUT ROWID;"
    "CREATE TABLE sanctions("
    " id INTEGER PRIMARY KEY,"
    " room INTEGER NOT NULL,"
    " kind INTEGER NOT NULL," /* enum sanction_kind */
    " target TEXT NOT NULL,"  /* account:7, name:folded, or an address mask */
    " name TEXT NOT NULL,"    /* whom, as they were called */
    " by TEXT NOT NULL,"
    " reason TEXT NOT NULL,"
    " created_ms INTEGER NOT NULL,"
    " until_ms INTEGER NOT NULL," /* 0: without end */
    " UNIQUE(room, kind, target));"
    "CREATE TABLE blocks("
    " account INTEGER NOT NULL,"
    " blocked INTEGER NOT NULL,"
    " PRIMARY KEY(account, blocked)) WITHOUT ROWID;"
    /* The record of moderation, kept when a sanction itself is over. */
    "CREATE TABLE moderation("
    " id INTEGER PRIMARY KEY,"
    " time_ms INTEGER NOT NULL,"
    " room INTEGER NOT NULL,"
    " op TEXT NOT NULL,"
    " by TEXT NOT NULL,"
    " target TEXT NOT NULL,"
    " reason TEXT NOT NULL,"
    " until_ms INTEGER NOT NULL);"
    /* Entries whose text is gone and must go from the search index too. */
    "CREATE TABLE forgotten(entry INTEGER PRIMARY KEY);",
    /* 2. A checksum for each entry from now on; older ones have none. */
    "ALTER TABLE entries ADD COLUMN checksum INTEGER;"
    "INSERT INTO meta SELECT 'checksums_from', coalesce(max(id), 0) + 1 FROM entries;",
    sqlite_schema_people,
    /* 4. Second factors: struct store_factor. */
    "CREATE TABLE factors(person INTEGER PRIMARY KEY, secret TEXT NOT NULL, step INTEGER NOT NULL);"
    "CREATE TABLE recovery_codes("
    " person INTEGER NOT NULL,"
    " hash BLOB NOT NULL," /* BLAKE2b of the code, which is random and long */
    " PRIMARY KEY(person, hash)) WITHOUT ROWID;",
    /* 5. Files. Their bytes are in the folder `files`. However a row goes, a note is left that its bytes must. */
    "CREATE TABLE files("
    " id TEXT PRIMARY KEY,"
    " key TEXT NOT NULL,"
    " owner INTEGER NOT NULL,"
    " entry INTEGER NOT NULL DEFAULT 0,"
    " place INTEGER NOT NULL DEFAULT 0,"
    " name TEXT NOT NULL,"
    " type TEXT NOT NULL,"
    " bytes INTEGER NOT NULL,"
    " hash BLOB NOT NULL,"
    " width INTEGER NOT NULL,"
    " height INTEGER NOT NULL,"
    " made_ms INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX files_by_entry ON files(entry, place) WHERE entry<>0;"
    "CREATE INDEX files_unsent ON files(made_ms) WHERE entry=0;"
    "CREATE INDEX files_by_owner ON files(owner, made_ms, bytes);"
    "CREATE TABLE dropped_files(id TEXT PRIMARY KEY) WITHOUT ROWID;"
    "INSERT INTO meta VALUES('file_bytes', 0);"
    "CREATE TRIGGER file_added AFTER INSERT ON files BEGIN"
    " UPDATE meta SET value=value+new.bytes WHERE key='file_bytes'; END;"
    "CREATE TRIGGER file_removed AFTER DELETE ON files BEGIN"
    " UPDATE meta SET value=value-old.bytes WHERE key='file_bytes';"
    " INSERT OR IGNORE INTO dropped_files(id) VALUES(old.id); END;",
    /* 6. The network of the guest who made a room, until an account comes into it: struct store_room. */
    "ALTER TABLE rooms ADD COLUMN maker TEXT NOT NULL DEFAULT '';"
    /* The server knew only the newest session of a device while it ran; the others were left behind. */
    "DELETE FROM sessions WHERE EXISTS (SELECT 1 FROM sessions s WHERE s.person=sessions.person"
    " AND s.device=sessions.device AND (s.since_ms, s.hash)>(sessions.since_ms, sessions.hash));",
    /* 7. Passkeys: struct store_passkey. */
    "CREATE TABLE passkeys("
    " hash BLOB PRIMARY KEY,"
    " person INTEGER NOT NULL,"
    " label TEXT NOT NULL,"
    " host TEXT NOT NULL,"
    " key TEXT NOT NULL,"
    " counter INTEGER NOT NULL,"
    " challenge_ms INTEGER NOT NULL,"
    " made_ms INTEGER NOT NULL,"
    " used_ms INTEGER NOT NULL DEFAULT 0,"
    " UNIQUE(person, label)) WITHOUT ROWID;",
    /* 8. Settings of accounts: struct store_setting. */
    "CREATE TABLE settings("
    " person INTEGER NOT NULL,"
    " key TEXT NOT NULL,"
    " value TEXT NOT NULL,"
    " PRIMARY KEY(person, key)) WITHOUT ROWID;",
    /* 9. Invitation links: struct store_link; and who came in by which. */
    "CREATE TABLE links("
    " hash BLOB PRIMARY KEY,"
    " key TEXT NOT NULL UNIQUE,"
    " maker INTEGER NOT NULL,"
    " room INTEGER NOT NULL,"
    " uses INTEGER NOT NULL,"
    " used INTEGER NOT NULL DEFAULT 0,"
    " made_ms INTEGER NOT NULL,"
    " until_ms INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX links_by_maker ON links(maker);"
    "CREATE INDEX links_by_room ON links(room) WHERE room<>0;"
    "CREATE TABLE link_uses("
    " link BLOB NOT NULL,"
    " person INTEGER NOT NULL,"
    " PRIMARY KEY(link, person)) WITHOUT ROWID;"
    "CREATE INDEX link_uses_by_person ON link_uses(person);"
    "CREATE TRIGGER link_removed AFTER DELETE ON links BEGIN"
    " DELETE FROM link_uses WHERE link=old.hash; END;",
    /* 10. Profiles: struct store_profile. Their pictures are files whose `entry` is -1. */
    "CREATE TABLE profiles("
    " person INTEGER PRIMARY KEY,"
    " display TEXT NOT NULL,"
    " about TEXT NOT NULL,"
    " picture TEXT NOT NULL,"
    " hides_reading INTEGER NOT NULL);",
    /* 11. Pinned messages: struct store_pin. */
    "CREATE TABLE pins("
    " room INTEGER NOT NULL,"
    " seq INTEGER NOT NULL,"
    " by TEXT NOT NULL,"
    " time_ms INTEGER NOT NULL,"
    " PRIMARY KEY(room, seq)) WITHOUT ROWID;",
    /* 12. Previews of pictures, beside the bytes of their files; so many bytes, 0: there are none. */
    "ALTER TABLE files ADD COLUMN preview_bytes INTEGER NOT NULL DEFAULT 0;"
    "DROP TRIGGER file_added;"
    "DROP TRIGGER file_removed;"
    "CREATE TRIGGER file_added AFTER INSERT ON files BEGIN"
    " UPDATE meta SET value=value+new.bytes+new.preview_bytes WHERE key='file_bytes'; END;"
    "CREATE TRIGGER file_removed AFTER DELETE ON files BEGIN"
    " UPDATE meta SET value=value-old.bytes-old.preview_bytes WHERE key='file_bytes';"
    " INSERT OR IGNORE INTO dropped_files(id) VALUES(old.id); END;",
    /* 13. Browsers that are told while closed: struct store_push. They go with the token that they stay signed in by. */
    "CREATE TABLE pushes("
    " hash BLOB PRIMARY KEY,"
    " person INTEGER NOT NULL,"
    " label TEXT NOT NULL,"
    " endpoint TEXT NOT NULL,"
    " point TEXT NOT NULL,"
    " auth TEXT NOT NULL,"
    " lang TEXT NOT NULL,"
    " texts INTEGER NOT NULL,"
    " made_ms INTEGER NOT NULL,"
    " UNIQUE(person, label)) WITHOUT ROWID;"
    "CREATE TRIGGER token_removed AFTER DELETE ON tokens BEGIN"
    " DELETE FROM pushes WHERE person=old.person AND label=old.label; END;",
    /* 14. Rooms that keep what edits replace: ENTRY_KEEPS of base/entry.h. */
    "ALTER TABLE rooms ADD COLUMN keep_edits INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE entries ADD COLUMN said INTEGER;", /* checksum of a text that was replaced */
    /* 15. Accounts that nothing lets in: store_person.is_disabled. */
    "ALTER TABLE people ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0;",
    /* 16. Invitations by a person, not by a name; a session ends with its token. */
    "ALTER TABLE invitations ADD COLUMN by_person INTEGER NOT NULL DEFAULT 0;"
    "DELETE FROM sessions WHERE token IS NOT NULL AND token NOT IN (SELECT hash FROM tokens);",
};

#define VERSION ((int)(sizeof migrations / sizeof *migrations))

int sqlite_schema_configure(sqlite3 *db)
{
	int result = entry_checksum_register(db);
	if (result != SQLITE_OK)
		return result;
	/* foreign_keys stays off on purpose: each check is a seek per entry, and entries go before their
	 * room. */
	return sqlite3_exec(db,
			    "PRAGMA journal_mode=WAL;"
			    "PRAGMA synchronous=FULL;"
			    "PRAGMA secure_delete=ON;"
			    "PRAGMA cache_size=-8192;"
			    "PRAGMA wal_autocheckpoint=2000;",
			    NULL, NULL, NULL);
}

static int version_of(sqlite3 *db, int *version)
{
	sqlite3_stmt *statement;
	int result = sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &statement, NULL);
	if (result != SQLITE_OK)
		return result;
	result = sqlite3_step(statement);
	*version = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	return result == SQLITE_ROW ? SQLITE_OK : result;
}

/* Every database has these from its birth: the name of its history, and a key for hashing authors. */
static int fill_meta(sqlite3 *db)
{
	unsigned char bytes[32];
	char hex[sizeof bytes * 2 + 1], sql[256];
	randombytes_buf(bytes, sizeof bytes);
	sodium_bin2hex(hex, sizeof hex, bytes, sizeof bytes);
	snprintf(sql, sizeof sql, "INSERT INTO meta VALUES('epoch','%.16s'),('author_key',x'%.32s')", hex,
		 hex + 16);
	return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

static int schema_step(sqlite3 *db, int version)
{
	char sql[64];
	int found = version;
	snprintf(sql, sizeof sql, "PRAGMA user_version=%d; COMMIT", version + 1);
	int result = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (result == SQLITE_OK)
		result = version_of(db, &found);
	/* Another process may have done it meanwhile. */
	if (result == SQLITE_OK && found != version)
		return sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	if (result == SQLITE_OK)
		result = sqlite3_exec(db, migrations[version], NULL, NULL, NULL);
	if (result == SQLITE_OK && version == 0)
		result = fill_meta(db);
	if (result == SQLITE_OK)
		result = sqlite3_exec(db, sql, NULL, NULL, NULL);
	return result;
}

/* Ends the transaction that a failed step has left open; its error is told already. */
static void abandon(sqlite3 *db)
{
	if (!sqlite3_get_autocommit(db))
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
}

/* A way back, since an older brusiod refuses a newer database. */
static int keep_copy(sqlite3 *db, char *problem, size_t problem_bytes)
{
	char path[4200], why[ADMIN_PROBLEM_BYTES];
	const char *name = sqlite3_db_filename(db, "main");
	if (!name || !*name)
		return 0;
	snprintf(path, sizeof path, "%s.before-%d", name, VERSION);
	if (!sqlite_backup_make(db, "", path, true, why))
		return 0;
	snprintf(
	    problem, problem_bytes,
	    "a copy must be made before it is brought to version %d, and that failed (%.300s): make room "
	    "for it",
	    VERSION, why);
	return -1;
}

/* The copy that the newer brusiod made when it went beyond this version; false where there is none. */
static bool find_copy(sqlite3 *db, int newer, char *path, size_t path_bytes)
{
	const char *name = sqlite3_db_filename(db, "main");
	for (int version = VERSION + 1; name && *name && version <= newer; version++) {
		snprintf(path, path_bytes, "%s.before-%d", name, version);
		if (!access(path, F_OK))
			return true;
	}
	return false;
}

static void refuse_newer(sqlite3 *db, int version, char *problem, size_t problem_bytes)
{
	char copy[4200], back[4400] = "restore a backup of before";
	if (find_copy(db, version, copy, sizeof copy))
		snprintf(back, sizeof back,
			 "go back to before the upgrade, without what was said since: brusiod restore %s",
			 copy);
	snprintf(
	    problem, problem_bytes,
	    "the database is of version %d, and this brusiod %s knows up to %d: install the newer brusiod "
	    "that wrote it, or %.600s",
	    version, BRUSIO_VERSION, VERSION, back);
}

int sqlite_schema_check(sqlite3 *db, char *problem, size_t problem_bytes)
{
	int version = 0;
	int result = version_of(db, &version);
	if (result == SQLITE_OK && version <= VERSION)
		return 0;
	if (result == SQLITE_OK)
		refuse_newer(db, version, problem, problem_bytes);
	else
		snprintf(problem, problem_bytes,
			 "the database cannot be read (%s): restore a backup with brusiod restore",
			 sqlite3_errmsg(db));
	return -1;
}

bool sqlite_schema_is_old(sqlite3 *db)
{
	int version = 0;
	return version_of(db, &version) == SQLITE_OK && version > 0 && version < VERSION;
}

int sqlite_schema_migrate(sqlite3 *db, bool keeps_copy, char *problem, size_t problem_bytes)
{
	int version = 0;
	int result = version_of(db, &version);
	bool is_old = result == SQLITE_OK && version > 0 && version < VERSION;
	if (is_old && keeps_copy && keep_copy(db, problem, problem_bytes))
		return -1;
	while (result == SQLITE_OK && version < VERSION)
		result = schema_step(db, version++);
	if (result == SQLITE_OK)
		return 0;
	snprintf(problem, problem_bytes, "%s", sqlite3_errmsg(db));
	abandon(db);
	return -1;
}
