#include "store/sqlite/sqlite_admin_state.h"

#include "base/memory.h"
#include "store/data_directory.h"
#include "store/sqlite/sqlite_backup.h"
#include "store/sqlite/sqlite_call.h"
#include "store/sqlite/sqlite_check.h"
#include "store/sqlite/sqlite_check_files.h"
#include "store/sqlite/sqlite_schema.h"
#include "version.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- opening --- */

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
		if (lock_fd < 0) {
			snprintf(problem, ADMIN_PROBLEM_BYTES, "the file lock of %.700s cannot be locked: %s",
				 admin->directory, strerror(-lock_fd));
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
	if (sqlite_schema_check(admin->db, why, sizeof why)) {
		snprintf(problem, ADMIN_PROBLEM_BYTES, "%.100s: %s", admin->directory, why);
		return -1;
	}
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

static void admin_close(struct store_admin *admin)
{
	struct sqlite_admin *self = sqlite_admin_of(admin);
	sqlite_writer_release(&self->writer);
	sqlite3_close(self->db);
	free(self);
}

/* --- commands --- */

struct admin_batch {
	struct store_batch batch; /* first */
	int result;
};

static void admin_take_result(struct store_batch *batch, int result)
{
	((struct admin_batch *)batch)->result = result;
}

static int admin_carry_out(struct store_admin *admin, struct store_command *commands, size_t count,
			   char *problem)
{
	struct admin_batch batch = {.batch = {commands, count, admin_take_result}};
	sqlite_writer_run(&sqlite_admin_of(admin)->writer, &batch.batch);
	if (batch.result == STORE_OK)
		return 0;
	snprintf(problem, ADMIN_PROBLEM_BYTES, "the database refused: %.300s",
		 sqlite3_errmsg(sqlite_admin_of(admin)->db));
	return -1;
}

/* --- care --- */

static int admin_backup(struct store_admin *admin, const char *file, bool force, bool has_files, FILE *to,
			char *problem)
{
	const struct sqlite_admin *self = sqlite_admin_of(admin);
	return has_files ? sqlite_backup_make_whole(self->db, self->directory, file, force, to, problem)
			 : sqlite_backup_make(self->db, self->directory, file, force, problem);
}

static int admin_check(struct store_admin *admin, FILE *to, int *found, char *problem)
{
	/* The index is compared by temporary tables, each made in a transaction of its own. */
	sqlite3_commit_hook(sqlite_admin_of(admin)->db, NULL, NULL);
	const struct sqlite_admin *self = sqlite_admin_of(admin);
	if (sqlite_check(self->db, self->directory, to, found, problem))
		return -1;
	return sqlite_check_files(self->db, self->directory, to, found, problem);
}

static const struct store_admin_ops sqlite_admin_ops = {
    .close = admin_close,
    .carry_out = admin_carry_out,
    .find_person = sqlite_admin_find_person,
    .each_account = sqlite_admin_each_account,
    .each_session = sqlite_admin_each_session,
    .each_room = sqlite_admin_each_room,
    .each_member = sqlite_admin_each_member,
    .each_owned = sqlite_admin_each_owned,
    .each_entry = sqlite_admin_each_entry,
    .each_deed = sqlite_admin_each_deed,
    .each_link = sqlite_admin_each_link,
    .each_file = sqlite_admin_each_file,
    .backup = admin_backup,
    .check = admin_check,
};

int sqlite_admin_open(const char *directory, const char *url, bool may_make, struct store_admin **made,
		      char *problem)
{
	struct sqlite_admin *self = mem_zero(sizeof *self);
	char path[4200];
	(void)url;
	self->admin.ops = &sqlite_admin_ops;
	snprintf(self->directory, sizeof self->directory, "%s", directory);
	snprintf(path, sizeof path, "%s/brusio.db", directory);
	/* SQLite would make an empty file of a wrong name's. */
	bool is_missing = may_make && access(path, F_OK);
	int result = is_missing ? make_database(self, problem) : admin_open_database(self, 0, problem);
	if (!result && sqlite_writer_init(&self->writer, self->db) != STORE_OK) {
		snprintf(problem, ADMIN_PROBLEM_BYTES, "the database cannot be read: %.300s",
			 sqlite3_errmsg(self->db));
		result = -1;
	}
	self->writer.notes_outside = true;
	if (result)
		admin_close(&self->admin);
	else
		*made = &self->admin;
	return result;
}
