#include "store/sqlite_admin.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "store/data_directory.h"
#include "store/sqlite_call.h"
#include "store/sqlite_check.h"
#include "store/sqlite_people.h"
#include "store/sqlite_schema.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
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

int sqlite_admin_open(const char *directory, struct sqlite_admin **made, char *problem)
{
	struct sqlite_admin *admin = mem_zero(sizeof *admin);
	char path[4200];
	snprintf(admin->directory, sizeof admin->directory, "%s", directory);
	snprintf(path, sizeof path, "%s/brusio.db", directory);
	/* SQLite would make an empty file of a wrong name's. */
	int result = sqlite3_open_v2(path, &admin->db, SQLITE_OPEN_READWRITE, NULL);
	if (result != SQLITE_OK) {
		snprintf(problem, ADMIN_PROBLEM_BYTES,
			 "there is no database in %s (%s): say where it is with --data", directory,
			 sqlite3_errmsg(admin->db));
		sqlite_admin_close(admin);
		return -1;
	}
	sqlite3_busy_timeout(admin->db, 10000);
	bool is_usable = sqlite_schema_configure(admin->db) == SQLITE_OK;
	if (!is_usable)
		snprintf(problem, ADMIN_PROBLEM_BYTES,
			 "the database in %s cannot be used: %s; restore a backup with brusiod restore",
			 directory, sqlite3_errmsg(admin->db));
	if (!is_usable || sqlite_schema_migrate(admin->db, problem, ADMIN_PROBLEM_BYTES)) {
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

/* --- backup and restore --- */

static int copy_database(sqlite3 *from, const char *path, char *problem)
{
	sqlite3 *to = NULL;
	int result = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
	sqlite3_backup *backup = result == SQLITE_OK ? sqlite3_backup_init(to, "main", from, "main") : NULL;
	/* All at once, out of one snapshot: in steps it would begin anew with every write of the server. */
	do
		result = backup ? sqlite3_backup_step(backup, -1) : SQLITE_ERROR;
	while ((result == SQLITE_BUSY || result == SQLITE_LOCKED) && sqlite3_sleep(50));
	sqlite3_backup_finish(backup);
	if (result == SQLITE_DONE)
		result = sqlite3_exec(to, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL);
	if (result != SQLITE_OK)
		fail(problem, path, sqlite3_errmsg(to));
	sqlite3_close(to);
	return result == SQLITE_OK ? 0 : -1;
}

static int sync_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int result = fd < 0 || fsync(fd) ? -1 : 0;
	if (fd >= 0)
		close(fd);
	return result;
}

/* So that the file is still called so after a power cut. */
static int sync_directory_of(const char *file)
{
	char *directory = mem_string(file), *slash = strrchr(directory, '/');
	if (slash)
		slash[slash == directory] = '\0';
	int result = sync_file(slash ? directory : ".");
	free(directory);
	return result;
}

int sqlite_admin_backup(struct sqlite_admin *admin, const char *file, char *problem)
{
	char part[4200];
	if (access(file, F_OK) == 0)
		return fail(problem, file, "is there already; choose another name");
	snprintf(part, sizeof part, "%s.part", file);
	unlink(part);
	if (copy_database(admin->db, part, problem)) {
		unlink(part);
		return -1;
	}
	/* Whoever finds the file finds a whole one. */
	if (sync_file(part) || rename(part, file) || sync_directory_of(file))
		return fail(problem, file, strerror(errno));
	return 0;
}

static int new_epoch(const char *path, char *problem)
{
	sqlite3 *db = NULL;
	unsigned char bytes[8];
	char epoch[sizeof bytes * 2 + 1];
	randombytes_buf(bytes, sizeof bytes);
	sodium_bin2hex(epoch, sizeof epoch, bytes, sizeof bytes);
	int result = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL);
	if (result == SQLITE_OK)
		result = sqlite_run(db, "UPDATE meta SET value=?1 WHERE key='epoch'", "t", epoch);
	if (result != SQLITE_OK)
		fail(problem, path, sqlite3_errmsg(db));
	sqlite3_close(db);
	return result == SQLITE_OK ? 0 : -1;
}

/* Is this a good database of brusio? */
static int check_backup(sqlite3 *db, const char *file, char *problem)
{
	sqlite3_stmt *check = sqlite_prepare(db,
					     "SELECT (SELECT count(*) FROM meta WHERE key='epoch'), (SELECT "
					     "quick_check FROM pragma_quick_check)",
					     "");
	bool is_good = check && sqlite3_step(check) == SQLITE_ROW && sqlite3_column_int(check, 0) == 1 &&
		       !strcmp(sqlite_text(check, 1), "ok");
	sqlite3_finalize(check);
	return is_good ? 0 : fail(problem, file, "is no undamaged backup of brusio; nothing was changed");
}

/* Moves the present database out of the way, with its log: also where only the log is left of it, which would
 * be taken for the new one's. */
static int set_aside(const char *directory, char kept[512], char *problem)
{
	static const char *const endings[] = {"", "-wal", "-shm"};
	char from[4300], to[4400], stamp[CLOCK_TEXT_BYTES];
	bool is_there = false;
	clock_format(clock_wall_ms(), stamp);
	snprintf(kept, 512, "brusio.db.before-%.19s", stamp);
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		snprintf(from, sizeof from, "%s/brusio.db%s", directory, endings[i]);
		snprintf(to, sizeof to, "%s/%s%s", directory, kept, endings[i]);
		if (!rename(from, to))
			is_there = true;
		else if (errno != ENOENT)
			return fail(problem, from, strerror(errno));
	}
	if (!is_there)
		*kept = '\0';
	return 0;
}

/* What is to take a database's place, until it does. */
#define RESTORING ".restoring"

static int install_backup(const char *directory, sqlite3 *backup, char kept[512], char *problem)
{
	char made[4200], place[4200];
	snprintf(made, sizeof made, "%s/brusio.db" RESTORING, directory);
	snprintf(place, sizeof place, "%s/brusio.db", directory);
	unlink(made);
	if (copy_database(backup, made, problem) || new_epoch(made, problem))
		return -1;
	if (sync_file(made))
		return fail(problem, made, strerror(errno));
	if (set_aside(directory, kept, problem))
		return -1;
	if (rename(made, place) || sync_file(directory))
		return fail(problem, place, strerror(errno));
	return 0;
}

bool sqlite_restore_was_cut_off(const char *database)
{
	char made[4300];
	snprintf(made, sizeof made, "%s" RESTORING, database);
	return access(database, F_OK) && !access(made, F_OK);
}

int sqlite_admin_restore(const char *directory, const char *file, char kept[512], char *problem)
{
	sqlite3 *backup = NULL;
	int lock_fd = data_directory_lock(directory);
	if (lock_fd < 0)
		return fail(problem, directory,
			    "cannot be locked: stop the server that runs on it, or make the directory first");
	int result = sqlite3_open_v2(file, &backup, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK
			 ? check_backup(backup, file, problem)
			 : fail(problem, file, sqlite3_errmsg(backup));
	if (!result)
		result = install_backup(directory, backup, kept, problem);
	sqlite3_close(backup);
	close(lock_fd);
	return result;
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
