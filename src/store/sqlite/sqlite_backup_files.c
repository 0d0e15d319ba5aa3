#include "store/sqlite/sqlite_backup_files.h"

#include "store/blobs/blob_bucket.h"
#include "store/data_directory.h"
#include "store/blobs/file_archive.h"
#include "store/sqlite/sqlite_call.h"
#include "store/store_admin.h"
#include "store/whole_io.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES    4300
#define MISSING_SHOWN 20 /* by name; of more the number is told */

static int files_fail(char *problem, const char *what, int error)
{
	snprintf(problem, ADMIN_PROBLEM_BYTES, "%.600s: %.300s", what,
		 error == -EBADMSG ? "the files in it are damaged or cut off" : strerror(-error));
	return -1;
}

static bool has_files(sqlite3 *db)
{
	sqlite3_stmt *row = sqlite_prepare(db, "SELECT 1 FROM sqlite_schema WHERE name='files'", "");
	bool is_there = row && sqlite3_step(row) == SQLITE_ROW;
	sqlite3_finalize(row);
	return is_there;
}

/* The hash of the file's bytes; false: the database does not know it. */
static bool find_hash(sqlite3 *db, const char *id, unsigned char hash[FILE_HASH_BYTES])
{
	sqlite3_stmt *row = sqlite_prepare(db, "SELECT hash FROM files WHERE id=?1", "t", id);
	bool is_known = row && sqlite3_step(row) == SQLITE_ROW;
	memset(hash, 0, FILE_HASH_BYTES);
	if (is_known && sqlite3_column_bytes(row, 0) == FILE_HASH_BYTES)
		memcpy(hash, sqlite3_column_blob(row, 0), FILE_HASH_BYTES);
	sqlite3_finalize(row);
	return is_known;
}

/* --- into a backup --- */

/* Those that are missing are missed by nobody: the picture itself is shown. */
static int add_previews(struct file_archive *archive, const struct blobs *blobs, const char *id)
{
	unsigned char hash[FILE_HASH_BYTES];
	char name[BLOB_PREVIEW_NAME_BYTES];
	int error = 0;
	for (int i = 0; i < BLOB_PREVIEWS && !error; i++) {
		int from = blob_preview_open(blobs, id, (enum blob_preview)i);
		if (from < 0)
			continue;
		blob_preview_name(id, (enum blob_preview)i, name);
		error = file_archive_add(archive, name, from, hash);
		close(from);
	}
	return error;
}

static int add_one(struct file_archive *archive, const struct blobs *blobs, sqlite3_stmt *row, FILE *to)
{
	unsigned char hash[FILE_HASH_BYTES];
	const char *id = sqlite_text(row, 0), *name = sqlite_text(row, 2);
	int from = blob_open(blobs, id);
	if (from == -ENOENT)
		fprintf(to, "brusiod: the bytes of file %s (%s) are missing, also in the backup\n", id, name);
	if (from < 0)
		return from == -ENOENT ? 0 : from;
	int error = file_archive_add(archive, id, from, hash);
	close(from);
	if (!error)
		error = add_previews(archive, blobs, id);
	bool is_right = sqlite3_column_bytes(row, 1) == FILE_HASH_BYTES &&
			!memcmp(sqlite3_column_blob(row, 1), hash, FILE_HASH_BYTES);
	if (!error && !is_right)
		fprintf(to, "brusiod: the bytes of file %s (%s) are not those that were sent\n", id, name);
	return error;
}

static int add_all(sqlite3 *db, struct file_archive *archive, const struct blobs *blobs, FILE *to)
{
	sqlite3_stmt *rows = sqlite_prepare(db, "SELECT id, hash, name FROM files ORDER BY id", "");
	int64_t begin = archive->offset;
	int error = 0;
	while (!error && rows && sqlite3_step(rows) == SQLITE_ROW)
		error = add_one(archive, blobs, rows, to);
	sqlite3_finalize(rows);
	if (error || archive->offset == begin)
		return error;
	return file_archive_end(archive);
}

int sqlite_backup_add_files(const char *file, const struct blobs *blobs, FILE *to, char *problem)
{
	sqlite3 *db = NULL;
	struct stat about = {0};
	struct file_archive archive = {.fd = open(file, O_WRONLY | O_NOFOLLOW | O_CLOEXEC)};
	int error = archive.fd < 0 || fstat(archive.fd, &about) ? -errno : 0;
	if (!error && sqlite3_open_v2(file, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
		error = -EIO;
	archive.offset = error ? 0 : about.st_size;
	if (!error && has_files(db))
		error = add_all(db, &archive, blobs, to);
	sqlite3_close(db);
	if (archive.fd >= 0)
		file_archive_close(&archive);
	return error ? files_fail(problem, file, error) : 0;
}

/* --- what a backup holds --- */

static int add_to_hash(void *context, const void *bytes, size_t length)
{
	crypto_generichash_update(context, bytes, length);
	return 0;
}

static int check_one(sqlite3 *given, const struct file_archive *archive,
		     const struct file_archive_member *member, FILE *to, int *found)
{
	crypto_generichash_state state;
	unsigned char hash[FILE_HASH_BYTES], known[FILE_HASH_BYTES];
	crypto_generichash_init(&state, NULL, 0, FILE_HASH_BYTES);
	int error = file_archive_read(archive, member, add_to_hash, &state);
	crypto_generichash_final(&state, hash, FILE_HASH_BYTES);
	if (error || member->preview != BLOB_PREVIEWS || !find_hash(given, member->id, known) ||
	    !memcmp(hash, known, FILE_HASH_BYTES))
		return error;
	fprintf(to, "file %s: its bytes in the backup are not those that were sent\n", member->id);
	++*found;
	return 0;
}

int sqlite_backup_check_files(sqlite3 *given, const char *file, FILE *to, int *found, char *problem)
{
	struct file_archive archive;
	struct file_archive_member member;
	*found = 0;
	int error = file_archive_open(file, &archive), result;
	if (error || !has_files(given))
		return error && error != -ENOENT ? files_fail(problem, file, error) : 0;
	while (!error && (result = file_archive_next(&archive, &member)) != 0)
		error = result > 0 ? check_one(given, &archive, &member, to, found) : result;
	file_archive_close(&archive);
	if (error == -EBADMSG) {
		fputs("files: the backup is damaged or cut off among them\n", to);
		++*found;
		return 0;
	}
	return error ? files_fail(problem, file, error) : 0;
}

/* --- out of a backup --- */

struct preview_file {
	int fd;
	int64_t offset;
};

static bool is_here(const struct blobs *blobs, const struct file_archive_member *member,
		    const unsigned char known[FILE_HASH_BYTES])
{
	unsigned char hash[FILE_HASH_BYTES];
	return blob_hash(blobs, member->id, hash) == member->bytes && !memcmp(hash, known, FILE_HASH_BYTES);
}

static int add_to_part(void *context, const void *bytes, size_t length)
{
	return blob_part_write(context, bytes, length);
}

static int take_one(const struct blobs *blobs, const struct file_archive *archive,
		    const struct file_archive_member *member)
{
	struct blob_part *part = NULL;
	/* Also what a restore that was cut off has begun. */
	int error = blob_drop(blobs, member->id);
	if (!error)
		error = blob_part_make(blobs, member->id, &part);
	if (error)
		return error;
	error = file_archive_read(archive, member, add_to_part, part);
	blob_part_end(part);
	if (!error)
		error = blob_keep(blobs, member->id);
	if (error)
		blob_drop(blobs, member->id);
	return error;
}

static int add_to_preview(void *context, const void *bytes, size_t length)
{
	struct preview_file *to = context;
	return whole_write(to->fd, bytes, length, &to->offset);
}

static int take_preview(const struct blobs *blobs, const struct file_archive *archive,
			const struct file_archive_member *member)
{
	struct preview_file to = {.fd = blob_preview_make(blobs, member->id, member->preview)};
	if (to.fd < 0)
		return to.fd;
	int error = file_archive_read(archive, member, add_to_preview, &to);
	if (!error && fsync(to.fd))
		error = -errno;
	close(to.fd);
	if (!error && blob_bucket_is_set())
		error = blob_bucket_put_preview(blobs, member->id, member->preview);
	return error;
}

static int take_all(sqlite3 *given, struct file_archive *archive, const struct blobs *blobs,
		    const char *directory)
{
	struct file_archive_member member;
	unsigned char known[FILE_HASH_BYTES];
	char path[PATH_BYTES];
	int result, error = 0;
	while (!error && (result = file_archive_next(archive, &member)) != 0) {
		/* One that is cut off, taken by force, gives as much as there is. */
		if (result < 0)
			return result == -EBADMSG ? 0 : result;
		bool is_blob = member.preview == BLOB_PREVIEWS;
		if (!find_hash(given, member.id, known) || (is_blob && is_here(blobs, &member, known)))
			continue;
		error = is_blob ? take_one(blobs, archive, &member) : take_preview(blobs, archive, &member);
		snprintf(path, sizeof path, "%s/files/%.2s/%s", directory, member.id, member.name);
		data_directory_give(directory, path);
	}
	return error;
}

int sqlite_backup_take_files(sqlite3 *given, const char *file, const char *directory, char *problem)
{
	struct file_archive archive;
	struct blobs *blobs;
	int error = file_archive_open(file, &archive);
	if (error || !has_files(given))
		return error && error != -ENOENT ? files_fail(problem, file, error) : 0;
	int result = blobs_open(directory, &blobs, problem, ADMIN_PROBLEM_BYTES);
	if (!result) {
		error = take_all(given, &archive, blobs, directory);
		blobs_close(blobs);
	}
	file_archive_close(&archive);
	if (!error)
		return result;
	snprintf(problem, ADMIN_PROBLEM_BYTES,
		 "%.600s/files: %s; the database was not changed. Make room, and restore again", directory,
		 strerror(-error));
	return -1;
}

/* --- afterwards --- */

struct settling {
	sqlite3 *given;
	const struct blobs *blobs;
};

static void spare_unknown(void *context, const char *name)
{
	const struct settling *settling = context;
	unsigned char hash[FILE_HASH_BYTES];
	if (file_is_id(name) && !find_hash(settling->given, name, hash))
		blob_renew(settling->blobs, name);
}

static void say_missing(sqlite3 *given, const struct blobs *blobs, const char *directory, FILE *to)
{
	sqlite3_stmt *rows = sqlite_prepare(given, "SELECT id, name FROM files ORDER BY made_ms, id", "");
	int64_t missing = 0;
	while (rows && sqlite3_step(rows) == SQLITE_ROW) {
		int fd = blobs ? blob_open(blobs, sqlite_text(rows, 0)) : -ENOENT;
		if (fd >= 0)
			close(fd);
		if (fd == -ENOENT && ++missing <= MISSING_SHOWN)
			fprintf(to, "brusiod: the bytes of file %s (%s) are missing\n", sqlite_text(rows, 0),
				sqlite_text(rows, 1));
	}
	sqlite3_finalize(rows);
	if (missing)
		fprintf(to,
			"brusiod: %" PRId64
			" files are missing, and people who open them are told so; if they "
			"are elsewhere, copy them into %s/files\n",
			missing, directory);
}

void sqlite_backup_settle_files(sqlite3 *given, const char *directory, FILE *to)
{
	struct settling settling = {given, blobs_look(directory)};
	if (has_files(given)) {
		say_missing(given, settling.blobs, directory, to);
		if (settling.blobs)
			blobs_each(settling.blobs, spare_unknown, &settling);
	}
	blobs_close((struct blobs *)settling.blobs);
}
