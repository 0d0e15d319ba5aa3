#include "store/blobs/blob.h"

#include "base/memory.h"
#include "store/blobs/blob_bucket.h"
#include "store/data_directory.h"
#include "store/part_hash.h"
#include "store/whole_io.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define FOLDERS    256
#define PART       ".part"
#define HALF       ".half" /* half_blob.c writes them */
#define AHEAD      (2 * 1024 * 1024)
#define AGAIN      ".again.part"
#define SMALL      ".160.webp"
#define LARGE      ".800.webp"
#define PATH_BYTES (4 + FILE_ID_BYTES + 48)

struct blobs {
	int fd; /* of the folder `files` */
	struct part_hashes *hashes;
};

static void path_of(const char *id, const char *ending, char path[PATH_BYTES])
{
	assert(file_is_id(id));
	snprintf(path, PATH_BYTES, "%.2s/%s%s", id, id, ending);
}

/* --- the folders --- */

static int make_folders(const char *path, int fd)
{
	for (int i = 0; i < FOLDERS; i++) {
		char name[8], whole[4300];
		snprintf(name, sizeof name, "%02x", i);
		if (!mkdirat(fd, name, 0700)) {
			snprintf(whole, sizeof whole, "%s/%s", path, name);
			data_directory_give(path, whole);
		} else if (errno != EEXIST) {
			return -errno;
		}
	}
	return fsync(fd) ? -errno : 0;
}

static int open_folder(const char *directory, int *fd)
{
	char path[4200];
	snprintf(path, sizeof path, "%s/files", directory);
	bool is_new = !mkdir(path, 0700);
	if (!is_new && errno != EEXIST)
		return -errno;
	if (is_new)
		data_directory_give(directory, path);
	*fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0)
		return -errno;
	/* The last one is made last. */
	return faccessat(*fd, "ff", W_OK | X_OK, 0) ? make_folders(path, *fd) : 0;
}

int blobs_open(const char *directory, struct blobs **made, char *problem, size_t problem_bytes)
{
	struct blobs *blobs = mem_zero(sizeof *blobs);
	blobs->fd = -1;
	blobs->hashes = part_hashes_new();
	int error = open_folder(directory, &blobs->fd);
	if (!error) {
		*made = blobs;
		return 0;
	}
	snprintf(
	    problem, problem_bytes,
	    "the folder %.800s/files cannot be used (%s): make it writable for the server, and make room",
	    directory, strerror(-error));
	blobs_close(blobs);
	return -1;
}

struct blobs *blobs_look(const char *directory)
{
	char path[4200];
	snprintf(path, sizeof path, "%s/files", directory);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct blobs *blobs = fd >= 0 ? mem_zero(sizeof *blobs) : NULL;
	if (blobs) {
		blobs->fd = fd;
		blobs->hashes = part_hashes_new();
	}
	return blobs;
}

void blobs_close(struct blobs *blobs)
{
	if (!blobs)
		return;
	part_hashes_free(blobs->hashes);
	if (blobs->fd >= 0)
		close(blobs->fd);
	free(blobs);
}

int blobs_room(const struct blobs *blobs, int64_t *free_bytes, int64_t *all_bytes)
{
	struct statvfs about;
	if (fstatvfs(blobs->fd, &about))
		return -errno;
	*free_bytes = (int64_t)(about.f_bavail * about.f_frsize);
	*all_bytes = (int64_t)(about.f_blocks * about.f_frsize);
	return 0;
}

/* --- holding them --- */

int blobs_hold(const struct blobs *blobs)
{
	while (flock(blobs->fd, LOCK_SH))
		if (errno != EINTR)
			return -errno;
	return 0;
}

/* On a file system without locks, nobody can hold them. */
bool blobs_begin_drop(const struct blobs *blobs)
{
	return !flock(blobs->fd, LOCK_EX | LOCK_NB) || (errno != EWOULDBLOCK && errno != EINTR);
}

void blobs_end_drop(const struct blobs *blobs)
{
	flock(blobs->fd, LOCK_UN);
}

/* --- one blob --- */

struct blob_part {
	int fd;
	int64_t bytes, begun;   /* written, and on their way to the disk */
	struct part_hash *hash; /* has the descriptor; NULL: none is made while it comes */
};

int blob_open_beside(const struct blobs *blobs, const char *id, const char *ending, int flags)
{
	char path[PATH_BYTES];
	path_of(id, ending, path);
	int fd = openat(blobs->fd, path, flags | O_NOFOLLOW | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : fd;
}

/* Owns the descriptor. */
static struct blob_part *begin_part(int fd, int64_t bytes)
{
	struct blob_part *part = mem_zero(sizeof *part);
	*part = (struct blob_part){.fd = fd, .bytes = bytes, .begun = bytes};
	return part;
}

static int make_part(const struct blobs *blobs, const char *id, const char *ending, struct blob_part **made)
{
	int fd = blob_open_beside(blobs, id, ending, O_RDWR | O_CREAT | O_EXCL);
	if (fd < 0)
		return fd;
	*made = begin_part(fd, 0);
	return 0;
}

int blob_part_make(const struct blobs *blobs, const char *id, struct blob_part **made)
{
	return make_part(blobs, id, PART, made);
}

int blob_part_make_hashed(const struct blobs *blobs, const char *id, struct blob_part **made)
{
	int error = make_part(blobs, id, PART, made);
	if (!error)
		(*made)->hash = part_hash_begin(blobs->hashes, id, (*made)->fd);
	return error;
}

int blob_part_make_again(const struct blobs *blobs, const char *id, struct blob_part **made)
{
	return make_part(blobs, id, AGAIN, made);
}

int blob_part_replace(const struct blobs *blobs, const char *id)
{
	char again[PATH_BYTES], part[PATH_BYTES];
	path_of(id, AGAIN, again);
	path_of(id, PART, part);
	return renameat(blobs->fd, again, blobs->fd, part) ? -errno : 0;
}

int blob_part_resume(const struct blobs *blobs, const char *id, int64_t bytes, struct blob_part **made)
{
	int fd = blob_open_beside(blobs, id, PART, O_RDWR);
	if (fd < 0)
		return fd;
	if (ftruncate(fd, bytes)) {
		int error = -errno;
		close(fd);
		return error;
	}
	*made = begin_part(fd, bytes);
	return 0;
}

int blob_part_write(struct blob_part *part, const void *bytes, size_t length)
{
	assert(part->fd >= 0);
	int error = whole_write(part->fd, bytes, length, &part->bytes);
	if (error || part->bytes - part->begun < AHEAD)
		return error;
	/* The disk begins with what is here while the rest still comes: less is left to the sync at the end. */
	if (part->hash)
		part_hash_written(part->hash, part->bytes);
	else
		sync_file_range(part->fd, part->begun, part->bytes - part->begun, SYNC_FILE_RANGE_WRITE);
	part->begun = part->bytes;
	return 0;
}

int64_t blob_part_head(const struct blob_part *part, void *bytes, size_t room)
{
	return whole_read(part->fd, bytes, room, 0);
}

void blob_part_end(struct blob_part *part)
{
	assert(part->fd >= 0);
	if (!part->hash)
		close(part->fd);
	free(part);
}

int blob_sync_folder(const struct blobs *blobs, const char *id)
{
	char name[] = {id[0], id[1], '\0'};
	int fd = openat(blobs->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int error = fd < 0 || fsync(fd) ? -errno : 0;
	if (fd >= 0)
		close(fd);
	return error;
}

static int sync_part(const struct blobs *blobs, const char *path)
{
	int fd = openat(blobs->fd, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int error = fd < 0 || fsync(fd) ? -errno : 0;
	if (fd >= 0)
		close(fd);
	return error;
}

int blob_keep(const struct blobs *blobs, const char *id)
{
	char part[PATH_BYTES], whole[PATH_BYTES];
	path_of(id, PART, part);
	path_of(id, "", whole);
	int error = sync_part(blobs, part);
	if (!error && blob_bucket_is_set())
		error = blob_bucket_put(blobs, id);
	if (!error && renameat(blobs->fd, part, blobs->fd, whole))
		error = -errno;
	return error ? error : blob_sync_folder(blobs, id);
}

int blob_drop_beside(const struct blobs *blobs, const char *id, const char *ending)
{
	char path[PATH_BYTES];
	path_of(id, ending, path);
	return unlinkat(blobs->fd, path, 0) && errno != ENOENT ? -errno : 0;
}

void blob_part_drop_again(const struct blobs *blobs, const char *id)
{
	blob_drop_beside(blobs, id, AGAIN);
}

int blob_rename_beside(const struct blobs *blobs, const char *id, const char *from, const char *to)
{
	char old[PATH_BYTES], new[PATH_BYTES];
	path_of(id, from, old);
	path_of(id, to, new);
	return renameat(blobs->fd, old, blobs->fd, new) ? -errno : 0;
}

int blob_drop_here(const struct blobs *blobs, const char *id)
{
	static const char *const endings[] = {AGAIN, PART, HALF, "", SMALL, LARGE};
	int error = 0;
	part_hash_forget(blobs->hashes, id);
	if (blob_bucket_is_set())
		blob_bucket_call_off(id);
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		int result = blob_drop_beside(blobs, id, endings[i]);
		error = result ? result : error;
	}
	return error;
}

int blob_drop(const struct blobs *blobs, const char *id)
{
	char list[1][FILE_ID_BYTES];
	int error = blob_drop_here(blobs, id);
	if (!blob_bucket_is_set())
		return error;
	snprintf(list[0], sizeof list[0], "%s", id);
	int away = blob_bucket_drop(list, 1);
	error = blob_drop_here(blobs, id);
	return error ? error : away;
}

int blob_open(const struct blobs *blobs, const char *id)
{
	int fd = blob_open_beside(blobs, id, "", O_RDONLY);
	if (fd != -ENOENT || !blob_bucket_is_direct())
		return fd;
	int error = blob_bucket_fetch(blobs, id, BLOB_PREVIEWS, NULL);
	return error ? error : blob_open_beside(blobs, id, "", O_RDONLY);
}

int blob_part_open(const struct blobs *blobs, const char *id)
{
	return blob_open_beside(blobs, id, PART, O_RDONLY);
}

/* --- its previews --- */

static const char *const previews[BLOB_PREVIEWS] = {
    [BLOB_PREVIEW_SMALL] = SMALL, [BLOB_PREVIEW_LARGE] = LARGE};

int blob_preview_make(const struct blobs *blobs, const char *id, enum blob_preview which)
{
	return blob_open_beside(blobs, id, previews[which], O_RDWR | O_CREAT | O_TRUNC);
}

int blob_preview_open(const struct blobs *blobs, const char *id, enum blob_preview which)
{
	int fd = blob_open_beside(blobs, id, previews[which], O_RDONLY);
	if (fd != -ENOENT || !blob_bucket_is_direct())
		return fd;
	int error = blob_bucket_fetch(blobs, id, which, NULL);
	return error ? error : blob_open_beside(blobs, id, previews[which], O_RDONLY);
}

static int64_t preview_bytes(const struct blobs *blobs, const char *id, bool is_synced)
{
	int64_t bytes = 0;
	for (int i = 0; i < BLOB_PREVIEWS && bytes >= 0; i++) {
		struct stat about;
		int fd = blob_preview_open(blobs, id, (enum blob_preview)i);
		bool is_good = fd >= 0 && !fstat(fd, &about) && (!is_synced || !fsync(fd));
		bytes = is_good ? bytes + (int64_t)about.st_size : fd < 0 ? fd : -errno;
		if (fd >= 0)
			close(fd);
	}
	return bytes;
}

int64_t blob_preview_sync(const struct blobs *blobs, const char *id)
{
	return preview_bytes(blobs, id, true);
}

int64_t blob_preview_bytes(const struct blobs *blobs, const char *id)
{
	return preview_bytes(blobs, id, false);
}

void blob_preview_drop(const struct blobs *blobs, const char *id)
{
	for (int i = 0; i < BLOB_PREVIEWS; i++)
		blob_drop_beside(blobs, id, previews[i]);
}

enum blob_preview blob_preview_of(const char *name, char id[FILE_ID_BYTES])
{
	const char *ending = name + FILE_ID_BYTES - 1;
	int which = BLOB_PREVIEWS;
	if (strlen(name) < FILE_ID_BYTES - 1)
		return BLOB_PREVIEWS;
	memcpy(id, name, FILE_ID_BYTES - 1);
	id[FILE_ID_BYTES - 1] = '\0';
	for (int i = 0; i < BLOB_PREVIEWS && file_is_id(id); i++)
		if (!strcmp(ending, previews[i]))
			which = i;
	return (enum blob_preview)which;
}

void blob_preview_name(const char *id, enum blob_preview which, char name[BLOB_PREVIEW_NAME_BYTES])
{
	snprintf(name, BLOB_PREVIEW_NAME_BYTES, "%.32s%s", id, previews[which]);
}

/* --- all of one --- */

/* Owns the descriptor, which may be an error. */
static int64_t hash_open(int fd, unsigned char hash[FILE_HASH_BYTES])
{
	int64_t bytes = fd < 0 ? fd : part_hash_of(fd, hash);
	if (fd >= 0)
		close(fd);
	return bytes;
}

int64_t blob_hash(const struct blobs *blobs, const char *id, unsigned char hash[FILE_HASH_BYTES])
{
	return hash_open(blob_bucket_is_direct() ? blob_bucket_copy(blobs, id) : blob_open(blobs, id), hash);
}

int64_t blob_part_hash(const struct blobs *blobs, const char *id, unsigned char hash[FILE_HASH_BYTES])
{
	int64_t bytes = part_hash_take(blobs->hashes, id, hash);
	return bytes == -ENOENT ? hash_open(blob_part_open(blobs, id), hash) : bytes;
}

bool blob_is_gone(int fd)
{
	struct stat about;
	return fstat(fd, &about) || (!about.st_nlink && (about.st_mode & 0777) != BLOB_MODE_MOVED);
}

void blob_renew(const struct blobs *blobs, const char *id)
{
	char path[PATH_BYTES];
	path_of(id, "", path);
	utimensat(blobs->fd, path, NULL, AT_SYMLINK_NOFOLLOW);
}

/* --- all of them --- */

typedef void blob_walk(void *context, int folder, const char *name);

static void walk(const struct blobs *blobs, blob_walk *visit, void *context)
{
	for (int i = 0; i < FOLDERS; i++) {
		char name[8];
		snprintf(name, sizeof name, "%02x", i);
		int fd = openat(blobs->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
		for (struct dirent *one; folder && (one = readdir(folder));)
			if (strcmp(one->d_name, ".") != 0 && strcmp(one->d_name, "..") != 0)
				visit(context, fd, one->d_name);
		if (folder)
			closedir(folder);
		else if (fd >= 0)
			close(fd);
	}
}

struct each {
	blob_visit *visit;
	void *context;
};

static void show_one(void *context, int folder, const char *name)
{
	const struct each *each = context;
	(void)folder;
	each->visit(each->context, name);
}

void blobs_each(const struct blobs *blobs, blob_visit *visit, void *context)
{
	walk(blobs, show_one, &(struct each){visit, context});
}

/* --- what was left over --- */

/* The database may be an older one that was restored: whole files that it does not know stay for some time. */
static bool is_old(int folder, const char *name)
{
	struct stat about;
	return !fstatat(folder, name, &about, AT_SYMLINK_NOFOLLOW) &&
	       time(NULL) - about.st_mtime > (time_t)LIMIT_UNKNOWN_FILE_DAYS * 86400;
}

struct sweep {
	const struct blobs *blobs;
	blob_is_kept *is_kept;
	void *context;
	size_t dropped;
};

static void sweep_one(void *context, int folder, const char *name)
{
	struct sweep *sweep = context;
	const char *ending = strrchr(name, '.');
	bool is_part = ending && (!strcmp(ending, PART) || !strcmp(ending, HALF));
	char id[FILE_ID_BYTES] = "";
	/* Previews stay as long as there is what they are of. */
	if (blob_preview_of(name, id) != BLOB_PREVIEWS) {
		bool is_gone = faccessat(folder, id, F_OK, AT_SYMLINK_NOFOLLOW) && errno == ENOENT;
		sweep->dropped += is_gone && !unlinkat(folder, name, 0);
		return;
	}
	if (!ending || ending - name == FILE_ID_BYTES - 1)
		snprintf(id, sizeof id, "%.32s", name);
	bool is_due = blob_bucket_is_set() || is_old(folder, name);
	bool is_ours = file_is_id(id) && (is_part || (!ending && is_due));
	bool is_nobodys = is_ours && !sweep->is_kept(sweep->context, id, is_part);
	/* Files of others stay. */
	if ((is_part && !is_ours) || is_nobodys)
		sweep->dropped += !unlinkat(folder, name, 0);
	if (is_nobodys && !is_part)
		blob_preview_drop(sweep->blobs, id);
}

size_t blobs_sweep(const struct blobs *blobs, blob_is_kept *is_kept, void *context)
{
	struct sweep sweep = {blobs, is_kept, context, 0};
	walk(blobs, sweep_one, &sweep);
	return sweep.dropped;
}
