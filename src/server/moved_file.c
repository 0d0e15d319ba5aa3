#include "server/moved_file.h"

#include "base/memory.h"
#include "picture/prepare.h"
#include "wire/file_type.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE      (256 * 1024)
#define PART_BYTES (FILE_ID_BYTES + 8)

int moved_file_folder(const char *path, bool may_make)
{
	if (may_make && mkdir(path, 0700) && errno != EEXIST)
		return -errno;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

typedef int take_piece(void *context, const void *bytes, size_t length);

static int moved_read_all(int from, take_piece *take, void *context)
{
	char *piece = mem_alloc(PIECE);
	ssize_t got;
	int error = 0;
	while (!error && ((got = read(from, piece, PIECE)) > 0 || (got < 0 && errno == EINTR)))
		error = got > 0 ? take(context, piece, (size_t)got) : 0;
	if (!error && got < 0)
		error = -errno;
	free(piece);
	return error;
}

/* --- out --- */

static int write_piece(void *context, const void *bytes, size_t length)
{
	const int *fd = context;
	for (size_t done = 0; done < length;) {
		ssize_t wrote = write(*fd, (const char *)bytes + done, length - done);
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return wrote ? -errno : -ENOSPC;
		done += (size_t)wrote;
	}
	return 0;
}

int moved_file_write(const struct blobs *blobs, int folder, const char *id)
{
	char part[PART_BYTES];
	struct stat about;
	if (!fstatat(folder, id, &about, AT_SYMLINK_NOFOLLOW))
		return 0;
	int from = blob_open(blobs, id);
	if (from < 0)
		return from;
	/* A file that was cut off is begun anew. */
	snprintf(part, sizeof part, "%s.part", id);
	unlinkat(folder, part, 0);
	int to = openat(folder, part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int error = to < 0 ? -errno : moved_read_all(from, write_piece, &to);
	if (to >= 0 && close(to) && !error)
		error = -errno;
	if (!error && renameat(folder, part, folder, id))
		error = -errno;
	if (error)
		unlinkat(folder, part, 0);
	close(from);
	return error;
}

/* --- in --- */

static int keep_piece(void *context, const void *bytes, size_t length)
{
	return blob_part_write(context, bytes, length);
}

static void moved_look_at(const struct blob_part *part, struct file *made)
{
	unsigned char *head = mem_alloc(FILE_TYPE_HEAD_BYTES);
	int64_t length = blob_part_head(part, head, FILE_TYPE_HEAD_BYTES);
	if (length < 0)
		length = 0;
	snprintf(made->type, sizeof made->type, "%s",
		 file_type_of(head, (size_t)length, length == made->bytes));
	if (!file_type_size(made->type, head, (size_t)length, &made->width, &made->height))
		made->width = made->height = 0;
	free(head);
}

static int moved_take_from(void *painter, const struct blobs *blobs, int from, struct file *made)
{
	struct blob_part *part;
	int error = blob_part_make(blobs, made->id, &part);
	if (error)
		return error;
	error = moved_read_all(from, keep_piece, part);
	moved_look_at(part, made);
	blob_part_end(part);
	int64_t bytes = error ? error : blob_part_hash(blobs, made->id, made->hash);
	if (bytes < 0)
		error = (int)bytes;
	if (!error)
		error = prepare_file(painter, blobs, made);
	if (!error)
		error = blob_keep(blobs, made->id);
	if (error)
		blob_drop(blobs, made->id);
	return error;
}

int moved_file_take(void *painter, const struct blobs *blobs, int folder, const char *id, struct file *made)
{
	struct stat about = {0};
	int from = openat(folder, id, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int error = from < 0 || fstat(from, &about) ? -errno : S_ISREG(about.st_mode) ? 0 : -EINVAL;
	if (!error) {
		made->bytes = about.st_size;
		file_make_id(made->id);
		file_make_id(made->key);
		error = moved_take_from(painter, blobs, from, made);
	}
	if (from >= 0)
		close(from);
	return error;
}
