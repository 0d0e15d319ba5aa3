#include "store/sqlite_admin_state.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/name.h"
#include "base/utf8.h"
#include "store/data_directory.h"
#include "store/sqlite_backup.h"
#include "store/sqlite_call.h"
#include "store/sqlite_check.h"
#include "store/sqlite_schema.h"
#include "version.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int sqlite_admin_fail(char *problem, const char *what, const char *why)
{
	snprintf(problem, ADMIN_PROBLEM_BYTES, "%.300s: %.700s", what, why);
	return -1;
}

int sqlite_admin_fail_db(struct sqlite_admin *admin, char *problem, const char *what)
{
	return sqlite_admin_fail(problem, what, sqlite3_errmsg(admin->db));
}

/* An older server that runs would meet tables that it does not know. It is looked for behind the lock that every
 * server takes. */
static int admin_migrate(struct sqlite_admin *admin, bool is_locked, char *problem)
{
	int lock_fd = -1;
	if (!is_locked && sqlite_schema_is_old(admin->db)) {
		lock_fd = data_directory_lock(admin->directory);
		if (lock_fd == -EWOULDBLOCK) {
			snprintf(
			    problem, ADMIN_PROBLEM_BYTES,
			    "the server that runs on %.700s is of an older version than this brusiod %s: "
			    "restart it, and then give the command again",
			    admin->directory, BRUSIO_VERSION);
			return -1;
		}
	}
	int result = sqlite_schema_migrate(admin->db, true, problem, ADMIN_PROBLEM_BYTES);
	if (lock_fd >= 0)
		close(lock_fd);
	return result;
}

static int admin_open_database(struct sqlite_admin *admin, int flags, char *problem)
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
	char why[900];
	if (sqlite_schema_check(admin->db, why, sizeof why))
		return sqlite_admin_fail(problem, admin->directory, why);
	bool is_usable = sqlite_schema_configure(admin->db) == SQLITE_OK;
	data_directory_give(admin->directory, path);
	if (is_usable)
		return admin_migrate(admin, flags & SQLITE_OPEN_CREATE, problem);
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
	int result = admin_open_database(admin, SQLITE_OPEN_CREATE, problem);
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
	if (is_missing ? make_database(admin, problem) : admin_open_database(admin, 0, problem)) {
		sqlite_admin_close(admin);
		return -1;
	}
	if (sqlite_writer_init(&admin->writer, admin->db) != STORE_OK) {
		sqlite_admin_fail_db(admin, problem, "the database cannot be read");
		sqlite_admin_close(admin);
		return -1;
	}
	admin->writer.notes_outside = true;
	*made = admin;
	return 0;
}

void sqlite_admin_close(struct sqlite_admin *admin)
{
	sqlite_writer_release(&admin->writer);
	sqlite3_close(admin->db);
	free(admin);
}

/* --- accounts --- */

static void admin_take_result(struct store_batch *batch, int result)
{
	(void)batch;
	(void)result;
}

int sqlite_admin_carry_out(struct sqlite_admin *admin, struct store_command *commands, size_t count)
{
	struct store_batch batch = {commands, count, admin_take_result};
	sqlite_writer_run(&admin->writer, &batch);
	for (size_t i = 0; i < count; i++)
		if (commands[i].result != STORE_OK && commands[i].result != STORE_SKIPPED)
			return commands[i].result;
	return STORE_OK;
}

int64_t sqlite_admin_find_account(struct sqlite_admin *admin, const char *name, char *problem)
{
	char *folded = utf8_fold(name);
	int64_t id;
	statements_number(&admin->writer.statements, &id, "SELECT id FROM people WHERE folded=?1 AND kind=1",
			  "t", folded);
	free(folded);
	if (!id)
		snprintf(problem, ADMIN_PROBLEM_BYTES, "there is no account %s; brusiod user list shows all",
			 name);
	return id;
}

/* Why nobody may take this name; NULL: they may. */
static const char *wrong_with(const char *name)
{
	switch (name_check(name)) {
	case NAME_OK:
		return NULL;
	case NAME_MIXED:
		return "mixes letters of several scripts; use those of one";
	case NAME_MARKS:
		return "has a letter with too many marks";
	case NAME_RESERVED:
		return "is reserved for the server and its services, or is like one of their names";
	default:
		return "is not a name; use 1 to 32 letters, digits or _ - . [ ] { } | ^";
	}
}

int sqlite_admin_add_user(struct sqlite_admin *admin, const char *name, const char *password, char *problem)
{
	const char *wrong = wrong_with(name);
	if (wrong)
		return sqlite_admin_fail(problem, name, wrong);
	char *folded = utf8_fold(name);
	struct store_command add = {
	    .op = STORE_ADD_PERSON,
	    .person = {.kind = PERSON_ACCOUNT, .name = name, .folded = folded, .password = password}};
	/* A guest who has the name goes, since an administrator has given it away. */
	int64_t guest;
	statements_number(&admin->writer.statements, &guest,
			  "SELECT id FROM people WHERE folded=?1 AND kind=0", "t", folded);
	struct store_command commands[] = {{.op = STORE_REMOVE_PERSON, .person.id = guest}, add};
	int result = sqlite_admin_carry_out(admin, commands + !guest, guest ? 2 : 1);
	free(folded);
	if (result == STORE_EXISTS)
		return sqlite_admin_fail(problem, name,
					 "is an account already; brusiod user passwd changes its password");
	return result == STORE_OK ? 0 : sqlite_admin_fail_db(admin, problem, "cannot add the account");
}

/* The new password ends all that the old one has let in: connections, sessions, tokens. */
int sqlite_admin_set_password(struct sqlite_admin *admin, const char *name, const char *password,
			      char *problem)
{
	int64_t id = sqlite_admin_find_account(admin, name, problem);
	if (!id)
		return -1;
	struct store_command commands[] = {
	    {.op = STORE_SET_PASSWORD, .person = {.id = id, .password = password}},
	    {.op = STORE_DROP_SESSIONS, .session.person = id},
	    {.op = STORE_DROP_TOKENS, .token.person = id},
	};
	return sqlite_admin_carry_out(admin, commands, 3) == STORE_OK
		   ? 0
		   : sqlite_admin_fail_db(admin, problem, "cannot set the password");
}

int sqlite_admin_set_admin(struct sqlite_admin *admin, const char *name, bool on, char *problem)
{
	int64_t id = sqlite_admin_find_account(admin, name, problem);
	if (!id)
		return -1;
	struct store_command command = {.op = STORE_SET_ADMIN, .person = {.id = id, .is_admin = on}};
	return sqlite_admin_carry_out(admin, &command, 1) == STORE_OK
		   ? 0
		   : sqlite_admin_fail_db(admin, problem, "cannot change the account");
}

int sqlite_admin_drop_factor(struct sqlite_admin *admin, const char *name, char *problem)
{
	int64_t id = sqlite_admin_find_account(admin, name, problem);
	if (!id)
		return -1;
	struct store_command command = {.op = STORE_DROP_FACTOR, .factor.person = id};
	int result = sqlite_admin_carry_out(admin, &command, 1);
	if (result == STORE_NONE)
		return sqlite_admin_fail(problem, name, "has no second factor");
	return result == STORE_OK ? 0 : sqlite_admin_fail_db(admin, problem, "cannot turn it off");
}

/* The rooms that the account may be the last owner of pass to somebody else. */
int sqlite_admin_delete_user(struct sqlite_admin *admin, const char *name, char *problem)
{
	int64_t id = sqlite_admin_find_account(admin, name, problem);
	struct store_command *commands = NULL;
	size_t count = 0, capacity = 0;
	if (!id)
		return -1;
	commands = mem_grow(commands, &capacity, 1, sizeof *commands);
	commands[count++] = (struct store_command){.op = STORE_REMOVE_PERSON, .person.id = id};
	sqlite3_stmt *rooms = statements_rows(&admin->writer.statements,
					      "SELECT room FROM members WHERE person=?1 AND role=4", "i", id);
	int result;
	while ((result = statements_next(rooms)) == STORE_OK) {
		commands = mem_grow(commands, &capacity, count + 1, sizeof *commands);
		commands[count++] = (struct store_command){.op = STORE_PASS_OWNERSHIP,
							   .member.room_id = sqlite3_column_int64(rooms, 0)};
	}
	if (result == STORE_NONE)
		result = sqlite_admin_carry_out(admin, commands, count);
	free(commands);
	return result == STORE_OK ? 0 : sqlite_admin_fail_db(admin, problem, "cannot delete the account");
}

int sqlite_admin_list_users(struct sqlite_admin *admin, FILE *to, char *problem)
{
	sqlite3_stmt *rows = sqlite_prepare(
	    admin->db, "SELECT name, admin, created_ms FROM people WHERE kind=1 ORDER BY folded", "");
	int result = rows ? SQLITE_OK : SQLITE_ERROR;
	while (rows && (result = sqlite3_step(rows)) == SQLITE_ROW) {
		char stamp[CLOCK_TEXT_BYTES];
		clock_format(sqlite3_column_int64(rows, 2), stamp);
		fprintf(to, "%s\t%s\t%s\n", sqlite_text(rows, 0),
			sqlite3_column_int(rows, 1) ? "admin" : "user", stamp);
	}
	sqlite3_finalize(rows);
	return result == SQLITE_DONE ? 0 : sqlite_admin_fail_db(admin, problem, "cannot read the accounts");
}

/* --- sessions --- */

static void write_session(FILE *to, sqlite3_stmt *row)
{
	char since[CLOCK_TEXT_BYTES], seen[CLOCK_TEXT_BYTES] = "-";
	clock_format(sqlite3_column_int64(row, 4), since);
	if (sqlite3_column_type(row, 5) != SQLITE_NULL && !sqlite3_column_int64(row, 5))
		strcpy(seen, "now");
	else if (sqlite3_column_int64(row, 5))
		clock_format(sqlite3_column_int64(row, 5), seen);
	fprintf(to, "%s\t%s\t%s\t%s\t%s\t%s\n", sqlite_text(row, 0), sqlite_text(row, 1), sqlite_text(row, 2),
		sqlite_text(row, 3), since, seen);
}

int sqlite_admin_list_sessions(struct sqlite_admin *admin, const char *name, FILE *to, char *problem)
{
	int64_t id = sqlite_admin_find_account(admin, name, problem);
	if (!id)
		return -1;
	sqlite3_stmt *rows = sqlite_prepare(
	    admin->db,
	    "SELECT 'session', device, client, address, since_ms, seen_ms FROM sessions WHERE person=?1 "
	    "UNION ALL"
	    " SELECT 'token', label, '', '', created_ms, NULL FROM tokens WHERE person=?1 ORDER BY 1, 5",
	    "i", id);
	int result = rows ? SQLITE_OK : SQLITE_ERROR;
	while (rows && (result = sqlite3_step(rows)) == SQLITE_ROW)
		write_session(to, rows);
	sqlite3_finalize(rows);
	return result == SQLITE_DONE ? 0 : sqlite_admin_fail_db(admin, problem, "cannot read the sessions");
}

int sqlite_admin_end_sessions(struct sqlite_admin *admin, const char *name, char *problem)
{
	int64_t id = sqlite_admin_find_account(admin, name, problem);
	if (!id)
		return -1;
	struct store_command commands[] = {
	    {.op = STORE_DROP_SESSIONS, .session.person = id},
	    {.op = STORE_DROP_TOKENS, .token.person = id},
	};
	return sqlite_admin_carry_out(admin, commands, 2) == STORE_OK
		   ? 0
		   : sqlite_admin_fail_db(admin, problem, "cannot end the sessions");
}

/* --- backup --- */

int sqlite_admin_backup(struct sqlite_admin *admin, const char *file, bool force, char *problem)
{
	return sqlite_backup_make(admin->db, admin->directory, file, force, problem);
}

/* --- check --- */

int sqlite_admin_check(struct sqlite_admin *admin, FILE *to, int *found, char *problem)
{
	/* The index is compared by temporary tables, each made in a transaction of its own. */
	sqlite3_commit_hook(admin->db, NULL, NULL);
	return sqlite_check(admin->db, admin->directory, to, found, problem);
}
