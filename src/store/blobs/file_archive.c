#include "store/blobs/file_archive.h"

#include "base/memory.h"
#include "store/whole_io.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK        512
#define PIECE        (256 * 1024)
#define END_BYTES    (2 * BLOCK)         /* of an archive: zeros */
#define OCTAL_MAX    INT64_C(8589934591) /* what eleven octal digits say; more is said in binary */
#define NAME_BYTES   100
#define SIZE_AT      124
#define SIZE_BYTES   12
#define SUM_AT       148
#define SUM_BYTES    8
#define TYPE_AT      156
#define MAGIC_AT     257
#define SQLITE_MAGIC "SQLite format 3"

/* --- headers --- */

static unsigned sum_of(const unsigned char header[BLOCK])
{
	unsigned sum = 0;
	for (int i = 0; i < BLOCK; i++)
		sum += i >= SUM_AT && i < SUM_AT + SUM_BYTES ? ' ' : header[i];
	return sum;
}

static void put_size(unsigned char field[SIZE_BYTES], int64_t bytes)
{
	if (bytes <= OCTAL_MAX) {
		snprintf((char *)field, SIZE_BYTES, "%011" PRIo64, bytes);
		return;
	}
	for (int i = SIZE_BYTES - 1; i > 0; i--, bytes >>= 8)
		field[i] = (unsigned char)bytes;
	field[0] = 0x80;
}

static int64_t size_of(const unsigned char field[SIZE_BYTES])
{
	int64_t bytes = 0;
	bool is_octal = field[0] != 0x80;
	for (int i = is_octal ? 0 : SIZE_BYTES - 8; i < (is_octal ? SIZE_BYTES - 1 : SIZE_BYTES); i++) {
		if (is_octal && (field[i] < '0' || field[i] > '7'))
			return -1;
		bytes = is_octal ? bytes * 8 + field[i] - '0' : (int64_t)((uint64_t)bytes << 8 | field[i]);
	}
	return bytes;
}

static void archive_make_header(unsigned char header[BLOCK], const char *name, int64_t bytes)
{
	memset(header, 0, BLOCK);
	snprintf((char *)header, NAME_BYTES, "files/%.2s/%s", name, name);
	snprintf((char *)header + 100, 8, "%07o", 0600);
	snprintf((char *)header + 108, 8, "%07o", 0);
	snprintf((char *)header + 116, 8, "%07o", 0);
	put_size(header + SIZE_AT, bytes);
	snprintf((char *)header + 136, 12, "%011o", 0);
	header[TYPE_AT] = '0';
	memcpy(header + MAGIC_AT, "ustar\00000", 8);
	snprintf((char *)header + SUM_AT, SUM_BYTES, "%06o", sum_of(header));
	header[SUM_AT + SUM_BYTES - 1] = ' ';
}

/* False where it is none of ours. */
static bool archive_read_header(const unsigned char header[BLOCK], struct file_archive_member *member)
{
	unsigned char again[BLOCK];
	const char *slash = memchr(header + 6, '/', 3);
	if (!slash || !memchr(header, '\0', NAME_BYTES))
		return false;
	snprintf(member->name, sizeof member->name, "%s", slash + 1);
	member->preview = blob_preview_of(member->name, member->id);
	member->bytes = size_of(header + SIZE_AT);
	bool is_ours = member->preview != BLOB_PREVIEWS || file_is_id(member->name);
	if (!is_ours || member->bytes < 0 || member->bytes > INT64_MAX / 2)
		return false;
	archive_make_header(again, member->name, member->bytes);
	return !memcmp(again, header, BLOCK);
}

static int64_t padded(int64_t bytes)
{
	return (bytes + BLOCK - 1) / BLOCK * BLOCK;
}

/* --- writing --- */

static int write_at(struct file_archive *archive, const void *bytes, size_t length)
{
	return whole_write(archive->fd, bytes, length, &archive->offset);
}

static int copy_bytes(struct file_archive *archive, int from, int64_t bytes,
		      unsigned char hash[FILE_HASH_BYTES])
{
	crypto_generichash_state state;
	char *piece = mem_alloc(PIECE);
	int error = 0;
	crypto_generichash_init(&state, NULL, 0, FILE_HASH_BYTES);
	for (int64_t at = 0; at < bytes && !error;) {
		int64_t count =
		    whole_read(from, piece, bytes - at < PIECE ? (size_t)(bytes - at) : PIECE, at);
		error = count > 0 ? write_at(archive, piece, (size_t)count) : count ? (int)count : -EIO;
		if (!error)
			crypto_generichash_update(&state, (unsigned char *)piece, (size_t)count);
		at += count;
	}
	crypto_generichash_final(&state, hash, FILE_HASH_BYTES);
	free(piece);
	return error;
}

int file_archive_add(struct file_archive *archive, const char *name, int from,
		     unsigned char hash[FILE_HASH_BYTES])
{
	unsigned char header[BLOCK];
	static const char zeros[BLOCK];
	struct stat about;
	if (fstat(from, &about))
		return -errno;
	archive_make_header(header, name, about.st_size);
	int error = write_at(archive, header, BLOCK);
	if (!error)
		error = copy_bytes(archive, from, about.st_size, hash);
	return error ? error
		     : write_at(archive, zeros, (size_t)(padded(about.st_size) - (int64_t)about.st_size));
}

int file_archive_end(struct file_archive *archive)
{
	static const char zeros[END_BYTES];
	return write_at(archive, zeros, sizeof zeros);
}

/* --- reading --- */

/* The end of the database, as its first page says. */
static int64_t end_of_database(int fd)
{
	unsigned char head[100];
	if (whole_read(fd, head, sizeof head, 0) != sizeof head ||
	    memcmp(head, SQLITE_MAGIC, sizeof SQLITE_MAGIC) != 0)
		return -1;
	int64_t page = head[16] << 8 | head[17];
	uint32_t pages =
	    (uint32_t)head[28] << 24 | (uint32_t)head[29] << 16 | (uint32_t)head[30] << 8 | head[31];
	return (page == 1 ? 65536 : page) * (int64_t)pages;
}

/* Pages of a database may follow, too, where another program has copied it. */
static bool is_begun(const struct file_archive *archive)
{
	static const char first[] = "files/";
	char found[sizeof first - 1];
	return archive->offset > 0 &&
	       whole_read(archive->fd, found, sizeof found, archive->offset) == sizeof found &&
	       !memcmp(found, first, sizeof found);
}

int file_archive_open(const char *file, struct file_archive *archive)
{
	archive->fd = open(file, O_RDONLY | O_CLOEXEC);
	if (archive->fd < 0)
		return -errno;
	archive->offset = end_of_database(archive->fd);
	if (is_begun(archive))
		return 0;
	file_archive_close(archive);
	return -ENOENT;
}

int file_archive_next(struct file_archive *archive, struct file_archive_member *member)
{
	static const unsigned char zeros[END_BYTES];
	unsigned char header[END_BYTES];
	struct stat about;
	int64_t count = whole_read(archive->fd, header, sizeof header, archive->offset);
	if (count < 0 || fstat(archive->fd, &about))
		return count < 0 ? (int)count : -errno;
	if (count == END_BYTES && !memcmp(header, zeros, END_BYTES))
		return 0;
	member->offset = archive->offset + BLOCK;
	if (count < BLOCK || !archive_read_header(header, member) ||
	    padded(member->bytes) > (int64_t)about.st_size - member->offset)
		return -EBADMSG;
	archive->offset = member->offset + padded(member->bytes);
	return 1;
}

int file_archive_read(const struct file_archive *archive, const struct file_archive_member *member,
		      file_archive_take *take, void *context)
{
	char *piece = mem_alloc(PIECE);
	int error = 0;
	for (int64_t at = 0; at < member->bytes && !error;) {
		int64_t left = member->bytes - at;
		int64_t count =
		    whole_read(archive->fd, piece, left < PIECE ? (size_t)left : PIECE, member->offset + at);
		error = count > 0 ? take(context, piece, (size_t)count) : count ? (int)count : -EBADMSG;
		at += count;
	}
	free(piece);
	return error;
}

void file_archive_close(struct file_archive *archive)
{
	close(archive->fd);
	archive->fd = -1;
}
