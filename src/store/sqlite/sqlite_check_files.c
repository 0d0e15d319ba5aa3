#include "store/sqlite/sqlite_check_files.h"

#include "base/memory.h"
#include "store/blobs/blob.h"
#include "store/sqlite/sqlite_call.h"
#include "store/store_admin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct checking {
	sqlite3 *db;
	const struct blobs *blobs; /* NULL: the folder is not there */
	FILE *to;
	char (*unknown)[FILE_ID_BYTES]; /* blobs that had no row when we came to them */
	size_t unknown_count, unknown_capacity;
};

/* --- what should be there --- */

/* Missing previews are no loss: the picture itself is shown. */
static int check_previews(const struct checking *checking, sqlite3_stmt *row)
{
	int64_t wanted = sqlite3_column_int64(row, 4);
	const char *id = sqlite_text(row, 0), *name = sqlite_text(row, 1);
	if (!wanted || blob_preview_bytes(checking->blobs, id) == wanted)
		return 0;
	fprintf(checking->to, "file %s (%s): its previews are missing or damaged; the picture is there\n", id,
		name);
	return 1;
}

static int check_blob(const struct checking *checking, sqlite3_stmt *row)
{
	unsigned char hash[FILE_HASH_BYTES];
	const char *id = sqlite_text(row, 0), *name = sqlite_text(row, 1);
	int64_t bytes = checking->blobs ? blob_hash(checking->blobs, id, hash) : -ENOENT;
	bool is_right = bytes == sqlite3_column_int64(row, 2) &&
			sqlite3_column_bytes(row, 3) == FILE_HASH_BYTES &&
			!memcmp(sqlite3_column_blob(row, 3), hash, FILE_HASH_BYTES);
	if (is_right)
		return check_previews(checking, row);
	if (bytes == -ENOENT)
		fprintf(checking->to, "file %s (%s): its bytes are missing\n", id, name);
	else if (bytes < 0)
		fprintf(checking->to, "file %s (%s): its bytes cannot be read: %s\n", id, name,
			strerror((int)-bytes));
	else
		fprintf(checking->to,
			"file %s (%s): its checksum does not fit: what is stored is not what was sent\n", id,
			name);
	return 1;
}

static int check_blobs(const struct checking *checking, int *found, char *problem)
{
	sqlite3_stmt *rows = sqlite_prepare(
	    checking->db, "SELECT id, name, bytes, hash, preview_bytes FROM files ORDER BY id", "");
	int result = rows ? SQLITE_OK : SQLITE_ERROR;
	while (rows && (result = sqlite3_step(rows)) == SQLITE_ROW)
		*found += check_blob(checking, rows);
	sqlite3_finalize(rows);
	if (result == SQLITE_DONE)
		return 0;
	snprintf(problem, ADMIN_PROBLEM_BYTES, "cannot check the files: %.300s",
		 sqlite3_errmsg(checking->db));
	return -1;
}

/* --- what is there besides --- */

/* Does a row stand for it, or the note that it has to go? */
static bool is_row_or_note(sqlite3 *db, const char *id)
{
	sqlite3_stmt *row = sqlite_prepare(
	    db, "SELECT 1 FROM files WHERE id=?1 UNION SELECT 1 FROM dropped_files WHERE id=?1", "t", id);
	bool is_there = row && sqlite3_step(row) == SQLITE_ROW;
	sqlite3_finalize(row);
	return is_there;
}

static void note_unknown(void *context, const char *name)
{
	struct checking *checking = context;
	const char *ending = strrchr(name, '.');
	char id[FILE_ID_BYTES];
	/* The next start removes the previews of a file that is gone. */
	if (blob_preview_of(name, id) != BLOB_PREVIEWS)
		return;
	if (file_is_id(name)) {
		if (is_row_or_note(checking->db, name))
			return;
		checking->unknown = mem_grow(checking->unknown, &checking->unknown_capacity,
					     checking->unknown_count + 1, sizeof *checking->unknown);
		memcpy(checking->unknown[checking->unknown_count++], name, FILE_ID_BYTES);
	} else if (!ending || (strcmp(ending, ".part") != 0 && strcmp(ending, ".half") != 0)) {
		/* Parts are of uploads under way, or the next start removes them. */
		fprintf(checking->to, "files: %.2s/%s is not of this server\n", name, name);
	}
}

/* Bytes come before their row: what is unknown, while a server runs, may be known a moment later. */
static void say_unknown(const struct checking *checking)
{
	static const struct timespec pause = {.tv_sec = 1};
	if (checking->unknown_count)
		nanosleep(&pause, NULL);
	for (size_t i = 0; i < checking->unknown_count; i++) {
		const char *id = checking->unknown[i];
		int fd = blob_open(checking->blobs, id);
		if (fd < 0)
			continue;
		close(fd);
		if (!is_row_or_note(checking->db, id))
			fprintf(
			    checking->to,
			    "files: %s belongs to no message; a start removes it once it is %d days old\n",
			    id, LIMIT_UNKNOWN_FILE_DAYS);
	}
}

int sqlite_check_files(sqlite3 *db, const char *directory, FILE *to, int *found, char *problem)
{
	struct blobs *blobs = blobs_look(directory);
	struct checking checking = {.db = db, .blobs = blobs, .to = to};
	/* The blobs that the database names now stay until we are done. */
	int error = blobs ? blobs_hold(blobs) : errno == ENOENT ? 0 : -errno;
	if (error) {
		snprintf(problem, ADMIN_PROBLEM_BYTES, "cannot check %.700s/files: %s", directory,
			 strerror(-error));
		blobs_close(blobs);
		return -1;
	}
	int result = check_blobs(&checking, found, problem);
	if (!result && blobs) {
		blobs_each(blobs, note_unknown, &checking);
		say_unknown(&checking);
	}
	free(checking.unknown);
	blobs_close(blobs);
	return result;
}
