#include "store/sqlite_people.h"

#include "base/clock.h"
#include "store/sqlite_call.h"

#include <stdio.h>
#include <string.h>

static int done(int result)
{
	return result == SQLITE_OK ? STORE_OK : STORE_FAILED;
}

/* The same, where it may be that the name is another's. */
static int done_unless_taken(sqlite3 *db, int result)
{
	bool is_taken =
	    result == SQLITE_CONSTRAINT && sqlite3_extended_errcode(db) == SQLITE_CONSTRAINT_UNIQUE;
	return is_taken ? STORE_EXISTS : done(result);
}

int sqlite_add_account(sqlite3 *db, const struct store_account *account, int64_t *id)
{
	int result = sqlite_run(db,
				"INSERT INTO accounts(name, folded, password, admin, created_ms)"
				" VALUES(?1, ?2, ?3, ?4, ?5)",
				"tttii", account->name, account->folded, account->password,
				(int64_t)account->is_admin, clock_wall_ms());
	*id = sqlite3_last_insert_rowid(db);
	return done_unless_taken(db, result);
}

int sqlite_rename_account(sqlite3 *db, int64_t account, const char *name, const char *folded)
{
	int result = sqlite_run(db, "UPDATE accounts SET name=?2, folded=?3 WHERE id=?1", "itt", account,
				name, folded);
	return done_unless_taken(db, result);
}

int sqlite_set_password(sqlite3 *db, int64_t account, const char *password)
{
	return done(sqlite_run(db, "UPDATE accounts SET password=?2 WHERE id=?1", "it", account, password));
}

int sqlite_put_token(sqlite3 *db, int64_t account, const char *label, const unsigned char *hash)
{
	int result = sqlite_run(db, "DELETE FROM tokens WHERE account=?1 AND label=?2", "it", account, label);
	if (result == SQLITE_OK)
		result = sqlite_run(
		    db, "INSERT INTO tokens(hash, account, label, created_ms) VALUES(?1, ?2, ?3, ?4)", "hiti",
		    hash, account, label, clock_wall_ms());
	return done(result);
}

int sqlite_drop_token(sqlite3 *db, int64_t account, const char *label, unsigned char *hash)
{
	sqlite3_stmt *drop = sqlite_prepare(
	    db, "DELETE FROM tokens WHERE account=?1 AND label=?2 RETURNING hash", "it", account, label);
	int result = drop ? sqlite3_step(drop) : SQLITE_ERROR;
	bool was_there = result == SQLITE_ROW && sqlite3_column_bytes(drop, 0) == STORE_TOKEN_BYTES;
	if (was_there)
		memcpy(hash, sqlite3_column_blob(drop, 0), STORE_TOKEN_BYTES);
	if (result == SQLITE_ROW)
		result = sqlite3_step(drop);
	sqlite3_finalize(drop);
	if (result != SQLITE_DONE)
		return STORE_FAILED;
	return was_there ? STORE_OK : STORE_NONE;
}

int sqlite_put_member(sqlite3 *db, const struct store_member *member)
{
	return done(sqlite_run(db,
			       "INSERT INTO members(account, room, role, read_seq) VALUES(?1, ?2, ?3, ?4)"
			       " ON CONFLICT DO UPDATE SET role=?3, read_seq=?4",
			       "iiii", member->account, member->room_id, (int64_t)member->role,
			       (int64_t)member->read_seq));
}

int sqlite_drop_member(sqlite3 *db, int64_t account, int64_t room_id)
{
	return done(
	    sqlite_run(db, "DELETE FROM members WHERE account=?1 AND room=?2", "ii", account, room_id));
}

int sqlite_put_sanction(sqlite3 *db, const struct store_sanction *sanction)
{
	return done(
	    sqlite_run(db,
		       "INSERT INTO sanctions(room, kind, target, name, by, reason, created_ms, until_ms)"
		       " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
		       " ON CONFLICT DO UPDATE SET name=?4, by=?5, reason=?6, created_ms=?7, until_ms=?8",
		       "iittttii", sanction->room_id, (int64_t)sanction->kind, sanction->target,
		       sanction->name, sanction->by, sanction->reason, clock_wall_ms(), sanction->until_ms));
}

int sqlite_drop_sanction(sqlite3 *db, const struct store_sanction *sanction)
{
	return done(sqlite_run(db, "DELETE FROM sanctions WHERE room=?1 AND kind=?2 AND target=?3", "iit",
			       sanction->room_id, (int64_t)sanction->kind, sanction->target));
}

int sqlite_put_block(sqlite3 *db, int64_t account, int64_t blocked, bool on)
{
	return done(sqlite_run(db,
			       on ? "INSERT OR IGNORE INTO blocks(account, blocked) VALUES(?1, ?2)"
				  : "DELETE FROM blocks WHERE account=?1 AND blocked=?2",
			       "ii", account, blocked));
}

int sqlite_add_deed(sqlite3 *db, const struct store_deed *deed)
{
	return done(sqlite_run(db,
			       "INSERT INTO moderation(time_ms, room, op, by, target, reason, until_ms)"
			       " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
			       "iitttti", clock_wall_ms(), deed->room_id, deed->op, deed->by, deed->target,
			       deed->reason, deed->until_ms));
}

/* Steps through all rows; `show` is called for each. */
static int each_row(sqlite3 *db, const char *sql, void (*show)(const struct store_people *, sqlite3_stmt *),
		    const struct store_people *people)
{
	sqlite3_stmt *rows = sqlite_prepare(db, sql, "");
	int result = rows ? SQLITE_OK : SQLITE_ERROR;
	while (rows && (result = sqlite3_step(rows)) == SQLITE_ROW)
		show(people, rows);
	sqlite3_finalize(rows);
	return result == SQLITE_DONE ? STORE_OK : STORE_FAILED;
}

static void show_account(const struct store_people *people, sqlite3_stmt *row)
{
	struct store_account account = {.id = sqlite3_column_int64(row, 0),
					.name = sqlite_text(row, 1),
					.folded = sqlite_text(row, 2),
					.is_admin = sqlite3_column_int(row, 3)};
	people->account(people->context, &account);
}

static void show_member(const struct store_people *people, sqlite3_stmt *row)
{
	struct store_member member = {.account = sqlite3_column_int64(row, 0),
				      .room_id = sqlite3_column_int64(row, 1),
				      .role = (enum role)sqlite3_column_int(row, 2),
				      .read_seq = (uint64_t)sqlite3_column_int64(row, 3)};
	people->member(people->context, &member);
}

static void show_sanction(const struct store_people *people, sqlite3_stmt *row)
{
	struct store_sanction sanction = {.room_id = sqlite3_column_int64(row, 0),
					  .kind = (enum sanction_kind)sqlite3_column_int(row, 1),
					  .target = sqlite_text(row, 2),
					  .name = sqlite_text(row, 3),
					  .by = sqlite_text(row, 4),
					  .reason = sqlite_text(row, 5),
					  .until_ms = sqlite3_column_int64(row, 6)};
	people->sanction(people->context, &sanction);
}

static void show_block(const struct store_people *people, sqlite3_stmt *row)
{
	people->block(people->context, sqlite3_column_int64(row, 0), sqlite3_column_int64(row, 1));
}

int sqlite_load_people(sqlite3 *db, const struct store_people *people)
{
	int result = STORE_OK;
	if (people->account)
		result = each_row(db, "SELECT id, name, folded, admin FROM accounts", show_account, people);
	if (result == STORE_OK && people->member)
		result =
		    each_row(db, "SELECT account, room, role, read_seq FROM members", show_member, people);
	if (result == STORE_OK && people->sanction)
		result = each_row(db, "SELECT room, kind, target, name, by, reason, until_ms FROM sanctions",
				  show_sanction, people);
	if (result == STORE_OK && people->block)
		result = each_row(db, "SELECT account, blocked FROM blocks", show_block, people);
	return result;
}

int sqlite_find_password(sqlite3 *db, int64_t account, char *password, size_t bytes)
{
	sqlite3_stmt *find = sqlite_prepare(db, "SELECT password FROM accounts WHERE id=?1", "i", account);
	int result = find ? sqlite3_step(find) : SQLITE_ERROR;
	if (result == SQLITE_ROW)
		snprintf(password, bytes, "%s", sqlite_text(find, 0));
	sqlite3_finalize(find);
	return result == SQLITE_ROW ? STORE_OK : result == SQLITE_DONE ? STORE_NONE : STORE_FAILED;
}

int sqlite_find_token(sqlite3 *db, const unsigned char *hash, int64_t *account)
{
	sqlite3_stmt *find = sqlite_prepare(db, "SELECT account FROM tokens WHERE hash=?1", "h", hash);
	int result = find ? sqlite3_step(find) : SQLITE_ERROR;
	if (result == SQLITE_ROW)
		*account = sqlite3_column_int64(find, 0);
	sqlite3_finalize(find);
	return result == SQLITE_ROW ? STORE_OK : result == SQLITE_DONE ? STORE_NONE : STORE_FAILED;
}

int sqlite_list_tokens(sqlite3 *db, int64_t account, void (*visit)(void *context, const char *label),
		       void *context)
{
	sqlite3_stmt *rows =
	    sqlite_prepare(db, "SELECT label FROM tokens WHERE account=?1 ORDER BY created_ms", "i", account);
	int result = rows ? SQLITE_OK : SQLITE_ERROR;
	while (rows && (result = sqlite3_step(rows)) == SQLITE_ROW)
		visit(context, sqlite_text(rows, 0));
	sqlite3_finalize(rows);
	return result == SQLITE_DONE ? STORE_OK : STORE_FAILED;
}

int64_t sqlite_foreign_version(sqlite3 *db)
{
	sqlite3_stmt *version = sqlite_prepare(db, "PRAGMA data_version", "");
	int64_t number =
	    version && sqlite3_step(version) == SQLITE_ROW ? sqlite3_column_int64(version, 0) : 0;
	sqlite3_finalize(version);
	return number;
}
