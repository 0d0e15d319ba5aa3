#include "store/blob.h"

#include "base/memory.h"
#include "store/data_directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define FOLDERS    256
#define PART       ".part"
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
	const char *at = bytes;
	crypto_generichash_update(&part->hash, bytes, length);
	while (length) {
		ssize_t written = pwrite(part->fd, at, length, part->bytes);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return written ? -errno : -ENOSPC;
		at += written;
		length -= (size_t)written;
		part->bytes += written;
	}
	return 0;
}

int64_t blob_part_head(const struct blob_part *part, void *bytes, size_t room)
{
	ssize_t count;
	do
		count = pread(part->fd, bytes, room, 0);
	while (count < 0 && errno == EINTR);
	return count < 0 ? -errno : count;
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

bool blob_is_gone(int fd)
{
	struct stat about;
	return fstat(fd, &about) || !about.st_nlink;
}

/* --- what was left over --- */

/* The database may be an older one that was restored: whole files that it does not know stay for some time. */
static bool is_old(int folder, const char *name)
{
	struct stat about;
	return !fstatat(folder, name, &about, AT_SYMLINK_NOFOLLOW) &&
	       time(NULL) - about.st_mtime > (time_t)LIMIT_UNKNOWN_FILE_DAYS * 86400;
}

static size_t sweep_folder(int fd, blob_is_kept *is_kept, void *context)
{
	size_t dropped = 0;
	DIR *folder = fdopendir(fd);
	for (struct dirent *one; folder && (one = readdir(folder));) {
		const char *name = one->d_name, *ending = strrchr(name, '.');
		bool is_part = ending && !strcmp(ending, PART);
		/* Files of others stay. */
		if (is_part || (file_is_id(name) && is_old(fd, name) && !is_kept(context, name)))
			dropped += !unlinkat(fd, name, 0);
	}
	if (folder)
		closedir(folder);
	else
		close(fd);
	return dropped;
}

size_t blobs_sweep(const struct blobs *blobs, blob_is_kept *is_kept, void *context)
{
	size_t dropped = 0;
	for (int i = 0; i < FOLDERS; i++) {
		char name[8];
		snprintf(name, sizeof name, "%02x", i);
		int fd = openat(blobs->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0)
			dropped += sweep_folder(fd, is_kept, context);
	}
	return dropped;
}
