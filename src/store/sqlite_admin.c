#include "store/sqlite_admin.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "store/data_directory.h"
#include "store/sqlite_backup.h"
#include "store/sqlite_call.h"
#include "store/sqlite_check.h"
#include "store/sqlite_people.h"
#include "store/sqlite_schema.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct sqlite_admin {
	sqlite3 *db;
	char directory[4096];
};

static int fail(char *problem, const char *what, const char *why)
{
	snprintf(problem, ADMIN_PROBLEM_BYTES, "%.700s: %.300s", what, why);
	return -1;
}

static int fail_db(struct sqlite_admin *admin, char *problem, const char *what)
{
	return fail(problem, what, sqlite3_errmsg(admin->db));
}

static int open_database(struct sqlite_admin *admin, int flags, char *problem)
{
	char path[4200];
	snprintf(path, sizeof path, "%s/brusio.db", admin->directory);
	int result = sqlite3_open_v2(path, &admin->db, SQLITE_OPEN_READWRITE | flags, NULL);
	if (result != SQLITE_OK) {
		snprintf(problem, ADMIN_PROBLEM_BYTES,
			 "there is no database in %.700s (%s): say where it is with --data", admin->directory,
			 sqlite3_errmsg(admin->db));
		return -1;
	}
	sqlite3_busy_timeout(admin->db, 10000);
	bool is_usable = sqlite_schema_configure(admin->db) == SQLITE_OK;
	data_directory_give(admin->directory, path);
	if (is_usable)
		return sqlite_schema_migrate(admin->db, problem, ADMIN_PROBLEM_BYTES);
	snprintf(problem, ADMIN_PROBLEM_BYTES,
		 "the database in %.700s cannot be used: %.200s; restore a backup with brusiod restore",
		 admin->directory, sqlite3_errmsg(admin->db));
	return -1;
}

/* Makes the database under the lock that a server takes for it; where one has it, it makes the database. */
static int make_database(struct sqlite_admin *admin, char *problem)
{
	if (sqlite_restore_was_cut_off(admin->directory)) {
		snprintf(problem, ADMIN_PROBLEM_BYTES,
			 "a restore of %.700s was cut off; give brusiod restore the backup once more",
			 admin->directory);
		return -1;
	}
	int lock_fd = data_directory_take(admin->directory, problem, ADMIN_PROBLEM_BYTES);
	if (lock_fd < 0)
		return -1;
	int result = open_database(admin, SQLITE_OPEN_CREATE, problem);
	close(lock_fd);
	return result;
}

int sqlite_admin_open(const char *directory, bool may_make, struct sqlite_admin **made, char *problem)
{
	struct sqlite_admin *admin = mem_zero(sizeof *admin);
	char path[4200];
	snprintf(admin->directory, sizeof admin->directory, "%s", directory);
	snprintf(path, sizeof path, "%s/brusio.db", directory);
	/* SQLite would make an empty file of a wrong name's. */
	bool is_missing = may_make && access(path, F_OK);
	if (is_missing ? make_database(admin, problem) : open_database(admin, 0, problem)) {
		sqlite_admin_close(admin);
		return -1;
	}
	*made = admin;
	return 0;
}

void sqlite_admin_close(struct sqlite_admin *admin)
{
	sqlite3_close(admin->db);
	free(admin);
}

/* --- accounts --- */

static int64_t find_account(struct sqlite_admin *admin, const char *name, char *problem)
{
	char *folded = utf8_fold(name);
	sqlite3_stmt *find =
	    sqlite_prepare(admin->db, "SELECT id FROM accounts WHERE folded=?1", "t", folded ? folded : "");
	int64_t id = find && sqlite3_step(find) == SQLITE_ROW ? sqlite3_column_int64(find, 0) : 0;
	sqlite3_finalize(find);
	free(folded);
	if (!id)
		snprintf(problem, ADMIN_PROBLEM_BYTES, "there is no account %s; brusiod user list shows all",
			 name);
	return id;
}

int sqlite_admin_add_user(struct sqlite_admin *admin, const char *name, const char *password, char *problem)
{
	if (!utf8_is_user_name(name))
		return fail(problem, name, "is no name; use 1 to 32 letters, digits or _ - . [ ] { } | ^");
	char *folded = utf8_fold(name);
	struct store_account account = {.name = name, .folded = folded, .password = password};
	int64_t id;
	int result = sqlite_add_account(admin->db, &account, &id);
	free(folded);
	if (result == STORE_EXISTS)
		return fail(problem, name, "is an account already; brusiod user passwd changes its password");
	return result == STORE_OK ? 0 : fail_db(admin, problem, "cannot add the account");
}

int sqlite_admin_set_password(struct sqlite_admin *admin, const char *name, const char *password,
			      char *problem)
{
	int64_t id = find_account(admin, name, problem);
	if (!id)
		return -1;
	return sqlite_set_password(admin->db, id, password) == STORE_OK
		   ? 0
		   : fail_db(admin, problem, "cannot set the password");
}

int sqlite_admin_set_admin(struct sqlite_admin *admin, const char *name, bool on, char *problem)
{
	int64_t id = find_account(admin, name, problem);
	if (!id)
		return -1;
	int result = sqlite_run(admin->db, "UPDATE accounts SET admin=?2 WHERE id=?1", "ii", id, (int64_t)on);
	return result == SQLITE_OK ? 0 : fail_db(admin, problem, "cannot change the account");
}

int sqlite_admin_delete_user(struct sqlite_admin *admin, const char *name, char *problem)
{
	static const char *const steps[] = {
	    "DELETE FROM tokens WHERE account=?1",
	    "DELETE FROM members WHERE account=?1",
	    "DELETE FROM blocks WHERE account=?1 OR blocked=?1",
	    "DELETE FROM accounts WHERE id=?1",
	};
	int64_t id = find_account(admin, name, problem);
	if (!id)
		return -1;
	int result = sqlite3_exec(admin->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	for (size_t i = 0; i < sizeof steps / sizeof *steps && result == SQLITE_OK; i++)
		result = sqlite_run(admin->db, steps[i], "i", id);
	if (result == SQLITE_OK)
		result = sqlite3_exec(admin->db, "COMMIT", NULL, NULL, NULL);
	return result == SQLITE_OK ? 0 : fail_db(admin, problem, "cannot delete the account");
}

int sqlite_admin_list_users(struct sqlite_admin *admin, FILE *to, char *problem)
{
	sqlite3_stmt *rows =
	    sqlite_prepare(admin->db, "SELECT name, admin, created_ms FROM accounts ORDER BY folded", "");
	int result = rows ? SQLITE_OK : SQLITE_ERROR;
	while (rows && (result = sqlite3_step(rows)) == SQLITE_ROW) {
		char stamp[CLOCK_TEXT_BYTES];
		clock_format(sqlite3_column_int64(rows, 2), stamp);
		fprintf(to, "%s\t%s\t%s\n", sqlite_text(rows, 0),
			sqlite3_column_int(rows, 1) ? "admin" : "user", stamp);
	}
	sqlite3_finalize(rows);
	return result == SQLITE_DONE ? 0 : fail_db(admin, problem, "cannot read the accounts");
}

/* --- backup --- */

int sqlite_admin_backup(struct sqlite_admin *admin, const char *file, bool force, char *problem)
{
	return sqlite_backup_make(admin->db, admin->directory, file, force, problem);
}

/* --- export --- */

static bool has_room(struct sqlite_admin *admin, const char *name)
{
	sqlite3_stmt *find =
	    sqlite_prepare(admin->db, "SELECT 1 FROM rooms WHERE name = ?1 AND NOT direct", "t", name);
	bool is_found = find && sqlite3_step(find) == SQLITE_ROW;
	sqlite3_finalize(find);
	return is_found;
}

int sqlite_admin_export(struct sqlite_admin *admin, const char *room, int64_t since_ms,
			store_visit_entry *visit, void *context, char *problem)
{
	if (room && *room && !has_room(admin, room))
		return fail(problem, room,
			    "is no room here; it is written as its maker wrote it, such as #lobby");
	sqlite3_stmt *rows = sqlite_prepare(admin->db,
					    "SELECT e.id, r.name, e.seq, e.time_ms, e.kind, e.flags, e.ref, "
					    "e.name, e.ip, e.text FROM entries e"
					    " JOIN rooms r ON r.id = e.room WHERE NOT r.direct AND (?1 = '' "
					    "OR r.name = ?1) AND e.time_ms >= ?2"
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
		   : fail_db(admin, problem, "cannot read the entries");
}

int sqlite_admin_check(struct sqlite_admin *admin, FILE *to, int *found, char *problem)
{
	return sqlite_check(admin->db, admin->directory, to, found, problem);
}
