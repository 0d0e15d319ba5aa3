/* Backups, and putting them in place.
 *
 * A restore has the data directory's lock, and goes through these states; a cut at any point leaves one of
 * them:
 *
 *   brusio.db                                    nothing has happened; brusio.db.restoring may be half made
 *   before-restore/, parts of the old one left   cut off: no server starts, the next restore goes on from
 * here brusio.db, before-restore/                   done but for the name, which the next restore gives
 *   brusio.db, before-TIME/                      done
 *
 *  1. The old database and its log are in one directory: brusio.db, moved first, is never without its log
 *     where a server could open it, and neither meets another one's. */
#include "store/sqlite/sqlite_backup.h"

#include "base/clock.h"
#include "base/memory.h"
#include "store/data_directory.h"
#include "store/sqlite/sqlite_backup_files.h"
#include "store/sqlite/sqlite_call.h"
#include "store/sqlite/sqlite_check.h"
#include "store/sqlite/sqlite_schema.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES (PATH_MAX + 64)
#define RESTORING  "brusio.db.restoring" /* is to take the database's place */
#define ASIDE      "before-restore"      /* the old one, until it gets its name */

static int backup_fail(char *problem, const char *what, const char *why)
{
	snprintf(problem, ADMIN_PROBLEM_BYTES, "%.600s: %.400s", what, why);
	return -1;
}

static int fail_errno(char *problem, const char *what)
{
	return backup_fail(problem, what, strerror(errno));
}

/* --- files --- */

static void remove_database(const char *path)
{
	static const char *const endings[] = {"", "-journal", "-wal", "-shm"};
	char file[PATH_BYTES];
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		snprintf(file, sizeof file, "%s%s", path, endings[i]);
		unlink(file);
	}
}

/* An empty file that is its owner's alone, and was not there before. */
static int make_private(const char *path, char *problem)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail_errno(problem, path);
	fchmod(fd, 0600);
	close(fd);
	return 0;
}

/* Copies into the file, which is made; on failure none is left. */
static int copy_database(sqlite3 *from, const char *path, char *problem)
{
	sqlite3 *to = NULL;
	remove_database(path);
	if (make_private(path, problem))
		return -1;
	int result = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE, NULL);
	sqlite3_backup *backup = result == SQLITE_OK ? sqlite3_backup_init(to, "main", from, "main") : NULL;
	/* All at once, out of one snapshot: in steps it would begin anew with every write of the server. */
	do
		result = backup ? sqlite3_backup_step(backup, -1) : SQLITE_ERROR;
	while ((result == SQLITE_BUSY || result == SQLITE_LOCKED) && sqlite3_sleep(50));
	sqlite3_backup_finish(backup);
	if (result == SQLITE_DONE)
		result = sqlite3_exec(to, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL);
	if (result != SQLITE_OK)
		backup_fail(problem, path, sqlite3_errmsg(to));
	sqlite3_close(to);
	if (result != SQLITE_OK)
		remove_database(path);
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

static void directory_of(const char *file, char directory[PATH_BYTES])
{
	snprintf(directory, PATH_BYTES, "%s", file);
	char *slash = strrchr(directory, '/');
	if (slash)
		slash[slash == directory] = '\0';
	else
		strcpy(directory, ".");
}

static bool is_same_file(const char *one, const char *other)
{
	struct stat a, b;
	return !stat(one, &a) && !stat(other, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* --- backup --- */

/* Is this one of the names that the server has for its own files? */
static bool is_of_server(const char *data, const char *file)
{
	static const char *const own[] = {"brusio.db", "search.db", "tls.", "lock", "control", "files"};
	const char *slash = strrchr(file, '/'), *name = slash ? slash + 1 : file;
	char directory[PATH_BYTES];
	directory_of(file, directory);
	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		if (!strncmp(name, own[i], strlen(own[i])))
			return is_same_file(directory, data);
	return false;
}

/* Not every file system knows the one or the other. */
static int rename_to_new(const char *from, const char *to)
{
	if (!renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE))
		return 0;
	return errno == EINVAL ? link(from, to) : -1;
}

/* Everybody who finds the file finds a whole one, and it replaces nothing unasked. */
static int put_in_place(const char *part, const char *file, bool force, char *problem)
{
	char directory[PATH_BYTES];
	directory_of(file, directory);
	int result = sync_file(part);
	if (!result)
		result = force ? rename(part, file) : rename_to_new(part, file);
	if (!result)
		result = sync_file(directory);
	int error = errno;
	unlink(part);
	if (!result)
		return 0;
	return backup_fail(problem, file,
			   error == EEXIST
			       ? "is there already; choose another name, or overwrite it with --force"
			       : strerror(error));
}

static int may_make(const char *data, const char *file, bool force, char *problem)
{
	struct stat status;
	bool is_there = !lstat(file, &status);
	if (strlen(file) >= PATH_MAX)
		return backup_fail(problem, "the file's name", "is too long");
	if (is_of_server(data, file))
		return backup_fail(problem, file, "is a name of the server's own files; choose another one");
	if (is_there && !S_ISREG(status.st_mode))
		return backup_fail(problem, file, "is not a file; choose another name");
	if (is_there && !force)
		return backup_fail(problem, file,
				   "is there already; choose another name, or overwrite it with --force");
	return 0;
}

int sqlite_backup_make(sqlite3 *db, const char *data, const char *file, bool force, char *problem)
{
	char part[PATH_BYTES];
	if (may_make(data, file, force, problem))
		return -1;
	snprintf(part, sizeof part, "%s.part", file);
	return copy_database(db, part, problem) ? -1 : put_in_place(part, file, force, problem);
}

int sqlite_backup_make_whole(sqlite3 *db, const char *data, const char *file, bool force, FILE *to,
			     char *problem)
{
	char part[PATH_BYTES];
	if (may_make(data, file, force, problem))
		return -1;
	snprintf(part, sizeof part, "%s.part", file);
	struct blobs *blobs = blobs_look(data);
	int error = blobs ? blobs_hold(blobs) : errno == ENOENT ? 0 : -errno;
	int result = error ? backup_fail(problem, data, strerror(-error)) : copy_database(db, part, problem);
	if (!result && blobs && sqlite_backup_add_files(part, blobs, to, problem)) {
		unlink(part);
		result = -1;
	}
	blobs_close(blobs);
	return result ? result : put_in_place(part, file, force, problem);
}

/* --- restore: what is given --- */

static int64_t ask_number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement = sqlite_prepare(db, sql, "");
	int64_t number =
	    statement && sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : -1;
	sqlite3_finalize(statement);
	return number;
}

/* The search index and what other programs keep are databases, too. */
static bool is_ours(sqlite3 *db)
{
	static const char tables[] = "SELECT count(*) FROM sqlite_schema WHERE type='table' AND name IN"
				     " ('meta', 'rooms', 'entries', 'sends', 'reactions', "
				     "'tokens', 'members', 'sanctions')";
	static const char keys[] = "SELECT count(*) FROM meta WHERE (key='epoch' AND length(value) > 0) OR"
				   " (key='author_key' AND length(value) = 16)";
	return ask_number(db, tables) == 8 && ask_number(db, keys) == 2 &&
	       ask_number(db, "PRAGMA user_version") > 0;
}

static int open_given(const char *directory, const char *file, sqlite3 **given, char *problem)
{
	char place[PATH_BYTES];
	snprintf(place, sizeof place, "%s/brusio.db", directory);
	if (is_same_file(file, place))
		return backup_fail(problem, file,
				   "is the database itself, not a backup of it; nothing was changed");
	int result = sqlite3_open_v2(file, given, SQLITE_OPEN_READONLY, NULL);
	if (result == SQLITE_OK)
		result = sqlite3_exec(*given, "SELECT 1 FROM sqlite_schema", NULL, NULL, NULL);
	if (result != SQLITE_OK) {
		char why[300];
		snprintf(why, sizeof why, "is not a backup of brusio (%s); nothing was changed",
			 sqlite3_errmsg(*given));
		return backup_fail(problem, file, why);
	}
	if (!is_ours(*given))
		return backup_fail(problem, file, "is not a database of brusio; nothing was changed");
	char why[300];
	return sqlite_schema_check(*given, why, sizeof why) ? backup_fail(problem, file, why) : 0;
}

/* --- restore: what is made of it --- */

static int new_epoch(sqlite3 *db)
{
	unsigned char bytes[8];
	char epoch[sizeof bytes * 2 + 1];
	randombytes_buf(bytes, sizeof bytes);
	sodium_bin2hex(epoch, sizeof epoch, bytes, sizeof bytes);
	return sqlite_run(db, "UPDATE meta SET value=?1 WHERE key='epoch'", "t", epoch);
}

/* Brings the copy up to this version, looks whether it keeps what it should, and names it. */
static int prepare_copy(const char *path, bool force, FILE *to, char *problem)
{
	sqlite3 *db = NULL;
	int found = 0;
	int result = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
			     sqlite_schema_configure(db) == SQLITE_OK
			 ? 0
			 : backup_fail(problem, path, sqlite3_errmsg(db));
	if (!result)
		result = sqlite_schema_migrate(db, false, problem, ADMIN_PROBLEM_BYTES);
	if (!result)
		result = sqlite_check(db, NULL, to, &found, problem);
	if (!result && found && !force) {
		snprintf(
		    problem, ADMIN_PROBLEM_BYTES,
		    "the backup is damaged (%d faults, listed above); nothing was changed. Take another one, "
		    "or restore it all the same with --force",
		    found);
		result = -1;
	}
	if (!result && (new_epoch(db) != SQLITE_OK ||
			sqlite3_exec(db, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL) != SQLITE_OK))
		result = backup_fail(problem, path, sqlite3_errmsg(db));
	sqlite3_close(db);
	return result;
}

/* --- restore: the exchange --- */

/* Gives the old one the name that it keeps; "" where there is none. */
static int name_aside(const char *directory, char kept[STORE_KEPT_BYTES], char *problem)
{
	char from[PATH_BYTES], to[PATH_BYTES], stamp[CLOCK_TEXT_BYTES];
	snprintf(from, sizeof from, "%s/" ASIDE, directory);
	clock_format(clock_wall_ms(), stamp);
	for (int i = 1; i < 100; i++) {
		snprintf(kept, STORE_KEPT_BYTES, i > 1 ? "before-%.19s-%d" : "before-%.19s", stamp, i);
		snprintf(to, sizeof to, "%s/%s", directory, kept);
		if (access(to, F_OK) && !rename(from, to))
			return sync_file(directory) ? fail_errno(problem, directory) : 0;
		if (errno == ENOENT && access(from, F_OK)) {
			*kept = '\0';
			return 0;
		}
	}
	return fail_errno(problem, from);
}

/* Moves the present database out of the way, with its log: also where only the log is left of it. */
static int set_aside(const char *directory, char *problem)
{
	static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
	char aside[PATH_BYTES], from[PATH_BYTES], to[2 * PATH_BYTES];
	bool is_made = false;
	snprintf(aside, sizeof aside, "%s/" ASIDE, directory);
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		snprintf(from, sizeof from, "%s/brusio.db%s", directory, endings[i]);
		snprintf(to, sizeof to, "%s/brusio.db%s", aside, endings[i]);
		if (access(from, F_OK))
			continue;
		if (!is_made && mkdir(aside, 0700) && errno != EEXIST)
			return fail_errno(problem, aside);
		data_directory_give(directory, aside);
		is_made = true;
		if (rename(from, to))
			return fail_errno(problem, from);
	}
	return (is_made && sync_file(aside)) || sync_file(directory) ? fail_errno(problem, directory) : 0;
}

static int exchange(const char *directory, char kept[STORE_KEPT_BYTES], char *problem)
{
	char made[PATH_BYTES], place[PATH_BYTES];
	snprintf(made, sizeof made, "%s/" RESTORING, directory);
	snprintf(place, sizeof place, "%s/brusio.db", directory);
	if (sync_file(made))
		return fail_errno(problem, made);
	data_directory_give(directory, made);
	if (set_aside(directory, problem))
		return -1;
	if (rename(made, place) || sync_file(directory))
		return fail_errno(problem, place);
	return name_aside(directory, kept, problem);
}

bool sqlite_restore_was_cut_off(const char *directory)
{
	char place[PATH_BYTES], made[PATH_BYTES], aside[PATH_BYTES];
	snprintf(place, sizeof place, "%s/brusio.db", directory);
	snprintf(made, sizeof made, "%s/" RESTORING, directory);
	snprintf(aside, sizeof aside, "%s/" ASIDE, directory);
	return access(place, F_OK) && (!access(made, F_OK) || !access(aside, F_OK));
}

static int check_files(sqlite3 *given, const char *file, bool force, FILE *to, char *problem)
{
	int found;
	if (sqlite_backup_check_files(given, file, to, &found, problem))
		return -1;
	if (!found || force)
		return 0;
	snprintf(problem, ADMIN_PROBLEM_BYTES,
		 "the files in the backup are damaged (%d faults, listed above); nothing was changed. Take "
		 "another "
		 "one, or restore it all the same with --force",
		 found);
	return -1;
}

/* The files come first: until the database is there, nobody misses them. */
static int exchange_all(sqlite3 *given, const char *directory, const char *file, char kept[STORE_KEPT_BYTES],
			FILE *to, char *problem)
{
	char made[PATH_BYTES], place[PATH_BYTES];
	snprintf(made, sizeof made, "%s/" RESTORING, directory);
	snprintf(place, sizeof place, "%s/brusio.db", directory);
	if (sqlite_backup_take_files(given, file, directory, problem)) {
		remove_database(made);
		return -1;
	}
	/* An earlier one was cut off before it gave the name. */
	if (!access(place, F_OK) && name_aside(directory, kept, problem))
		return -1;
	if (exchange(directory, kept, problem))
		return -1;
	sqlite_backup_settle_files(given, directory, to);
	return 0;
}

static int restore_locked(const char *directory, const char *file, bool force, FILE *to,
			  char kept[STORE_KEPT_BYTES], char *problem)
{
	char made[PATH_BYTES];
	sqlite3 *given = NULL;
	snprintf(made, sizeof made, "%s/" RESTORING, directory);
	int result = open_given(directory, file, &given, problem);
	if (!result)
		result = check_files(given, file, force, to, problem);
	if (!result)
		result = copy_database(given, made, problem);
	if (!result && prepare_copy(made, force, to, problem)) {
		remove_database(made);
		result = -1;
	}
	if (!result)
		result = exchange_all(given, directory, file, kept, to, problem);
	sqlite3_close(given);
	return result;
}

int sqlite_restore(const char *directory, const char *file, bool force, FILE *to, char kept[STORE_KEPT_BYTES],
		   char *problem)
{
	*kept = '\0';
	if (strlen(directory) >= PATH_MAX || strlen(file) >= PATH_MAX)
		return backup_fail(problem, "the file's name", "is too long");
	int lock_fd = data_directory_take(directory, problem, ADMIN_PROBLEM_BYTES);
	if (lock_fd < 0)
		return -1;
	int result = restore_locked(directory, file, force, to, kept, problem);
	close(lock_fd);
	return result;
}

/* --- another name for the history --- */

int sqlite_new_epoch(const char *directory, const char *url, char done[STORE_DONE_BYTES], char *problem)
{
	char path[PATH_BYTES];
	sqlite3 *db = NULL;
	(void)url;
	if (strlen(directory) >= PATH_MAX)
		return backup_fail(problem, "the directory's name", "is too long");
	snprintf(path, sizeof path, "%s/brusio.db", directory);
	if (access(path, F_OK))
		return fail_errno(problem, path);
	int lock_fd = data_directory_take(directory, problem, ADMIN_PROBLEM_BYTES);
	if (lock_fd < 0)
		return -1;
	int result = 0;
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
	    sqlite_schema_configure(db) != SQLITE_OK || !is_ours(db) || new_epoch(db) != SQLITE_OK)
		result = backup_fail(problem, path, sqlite3_errmsg(db));
	sqlite3_close(db);
	close(lock_fd);
	snprintf(done, STORE_DONE_BYTES, "the history has a new name; clients will load anew");
	return result;
}
