#include "store/blobs/blob.h"

#include "base/memory.h"
#include "store/data_directory.h"
#include "store/whole_io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdalign.h>
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
#define PIECE      (256 * 1024) /* read at once */
#define PATH_BYTES (4 + FILE_ID_BYTES + sizeof PART)

struct blobs {
	int fd; /* of the folder `files` */
};

static void path_of(const char *id, const char *ending, char path[PATH_BYTES])
{
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
	if (blobs)
		blobs->fd = fd;
	return blobs;
}

void blobs_close(struct blobs *blobs)
{
	if (!blobs)
		return;
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

/* Where the file system knows no locks, nobody can hold them. */
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
	crypto_generichash_state hash; /* first: it is aligned */
	int fd;
	int64_t bytes;
};

int blob_part_make(const struct blobs *blobs, const char *id, struct blob_part **made)
{
	char path[PATH_BYTES];
	void *memory;
	path_of(id, PART, path);
	int fd = openat(blobs->fd, path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (posix_memalign(&memory, alignof(struct blob_part), sizeof(struct blob_part))) {
		close(fd);
		return -ENOMEM;
	}
	*made = memory;
	**made = (struct blob_part){.fd = fd};
	crypto_generichash_init(&(*made)->hash, NULL, 0, FILE_HASH_BYTES);
	return 0;
}

int blob_part_write(struct blob_part *part, const void *bytes, size_t length)
{
	crypto_generichash_update(&part->hash, bytes, length);
	return whole_write(part->fd, bytes, length, &part->bytes);
}

int64_t blob_part_head(const struct blob_part *part, void *bytes, size_t room)
{
	return whole_read(part->fd, bytes, room, 0);
}

void blob_part_end(struct blob_part *part, unsigned char hash[FILE_HASH_BYTES])
{
	if (hash)
		crypto_generichash_final(&part->hash, hash, FILE_HASH_BYTES);
	close(part->fd);
	free(part);
}

static int sync_folder(const struct blobs *blobs, const char *id)
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
	if (!error && renameat(blobs->fd, part, blobs->fd, whole))
		error = -errno;
	return error ? error : sync_folder(blobs, id);
}

static int unlink_one(const struct blobs *blobs, const char *id, const char *ending)
{
	char path[PATH_BYTES];
	path_of(id, ending, path);
	return unlinkat(blobs->fd, path, 0) && errno != ENOENT ? -errno : 0;
}

int blob_drop(const struct blobs *blobs, const char *id)
{
	int part = unlink_one(blobs, id, PART), whole = unlink_one(blobs, id, "");
	return whole ? whole : part;
}

int blob_open(const struct blobs *blobs, const char *id)
{
	char path[PATH_BYTES];
	path_of(id, "", path);
	int fd = openat(blobs->fd, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int64_t blob_hash(const struct blobs *blobs, const char *id, unsigned char hash[FILE_HASH_BYTES])
{
	crypto_generichash_state state;
	int fd = blob_open(blobs, id);
	if (fd < 0)
		return fd;
	char *piece = mem_alloc(PIECE);
	int64_t bytes = 0;
	ssize_t count;
	crypto_generichash_init(&state, NULL, 0, FILE_HASH_BYTES);
	while ((count = read(fd, piece, PIECE)) > 0 || (count < 0 && errno == EINTR)) {
		if (count > 0)
			crypto_generichash_update(&state, (unsigned char *)piece, (size_t)count);
		bytes += count > 0 ? count : 0;
	}
	if (count < 0)
		bytes = -errno;
	crypto_generichash_final(&state, hash, FILE_HASH_BYTES);
	free(piece);
	close(fd);
	return bytes;
}

bool blob_is_gone(int fd)
{
	struct stat about;
	return fstat(fd, &about) || !about.st_nlink;
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
	blob_is_kept *is_kept;
	void *context;
	size_t dropped;
};

static void sweep_one(void *context, int folder, const char *name)
{
	struct sweep *sweep = context;
	const char *ending = strrchr(name, '.');
	bool is_part = ending && !strcmp(ending, PART);
	/* Files of others stay. */
	if (is_part || (file_is_id(name) && is_old(folder, name) && !sweep->is_kept(sweep->context, name)))
		sweep->dropped += !unlinkat(folder, name, 0);
}

size_t blobs_sweep(const struct blobs *blobs, blob_is_kept *is_kept, void *context)
{
	struct sweep sweep = {is_kept, context, 0};
	walk(blobs, sweep_one, &sweep);
	return sweep.dropped;
}
