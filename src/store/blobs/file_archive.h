/* The bytes of files behind a database in one backup: a tar archive of the folder `files`, from where the database
 * says that it ends. SQLite reads the database as if nothing followed, and tar reads what follows:
 *
 *   tail -c +$((1 + page_size * page_count)) FILE | tar x
 *
 * Layer: store. Threads: one an archive. Returns 0, or -errno, where it says nothing else. */
#ifndef BRUSIO_STORE_FILE_ARCHIVE_H
#define BRUSIO_STORE_FILE_ARCHIVE_H

#include "store/blobs/blob.h"

#include <stddef.h>
#include <stdint.h>

struct file_archive {
	int fd;
	int64_t offset; /* of the next header */
};

struct file_archive_member {
	char name[BLOB_PREVIEW_NAME_BYTES]; /* the blob's id, or what one of its previews is called */
	char id[FILE_ID_BYTES];
	enum blob_preview preview; /* BLOB_PREVIEWS: it is the blob itself */
	int64_t bytes, offset;     /* of its bytes in the file */
};

/* Bytes as they pass; not 0: it ends there, and is returned. */
typedef int file_archive_take(void *context, const void *bytes, size_t length);

/* Adds the bytes of `from`, under the name of a member, and tells their hash. */
int file_archive_add(struct file_archive *archive, const char *name, int from,
		     unsigned char hash[FILE_HASH_BYTES]);
/* The last call of whoever adds. */
int file_archive_end(struct file_archive *archive);

/* Opens the one behind the database `file`. -ENOENT: there is none. */
int file_archive_open(const char *file, struct file_archive *archive);
/* 1: the next member; 0: that was all; -EBADMSG: what follows is damaged or cut off; or another -errno. */
int file_archive_next(struct file_archive *archive, struct file_archive_member *member);
/* Shows the bytes of a member. */
int file_archive_read(const struct file_archive *archive, const struct file_archive_member *member,
		      file_archive_take *take, void *context);
void file_archive_close(struct file_archive *archive);

#endif
