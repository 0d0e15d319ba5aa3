#include "picture/prepare.h"

#include "base/memory.h"
#include "picture/painter.h"
#include "wire/file_type.h"
#include "wire/strip.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE (64 * 1024)

/* Reads all of `from` through `strip`, and writes what comes out to `to`; NULL: it is only looked at. */
static int run_through(struct strip *strip, int from, struct blob_part *to, int64_t *bytes)
{
	struct buffer out = BUFFER_EMPTY;
	char *piece = mem_alloc(PIECE);
	ssize_t count = 0;
	int error = lseek(from, 0, SEEK_SET) ? -errno : 0;
	*bytes = 0;
	while (!error && ((count = read(from, piece, PIECE)) > 0 || (count < 0 && errno == EINTR))) {
		if (count > 0)
			strip_take(strip, piece, (size_t)count, &out);
		*bytes += (int64_t)buffer_length(&out);
		if (to && buffer_length(&out))
			error = blob_part_write(to, buffer_bytes(&out), buffer_length(&out));
		buffer_clear(&out);
	}
	if (!error && count < 0)
		error = -errno;
	free(piece);
	buffer_release(&out);
	return error;
}

/* Its frame stands nearer to the beginning now. */
static void measure(const struct blob_part *part, struct file *file)
{
	unsigned char *head = mem_alloc(FILE_TYPE_HEAD_BYTES);
	int64_t length = blob_part_head(part, head, FILE_TYPE_HEAD_BYTES);
	int32_t width, height;
	if (length > 0 && file_type_size(file->type, head, (size_t)length, &width, &height)) {
		file->width = width;
		file->height = height;
	}
	free(head);
}

static int write_stripped(const struct blobs *blobs, int from, struct file *file)
{
	struct file made = *file;
	struct blob_part *part;
	int error = blob_part_make_again(blobs, file->id, &part);
	if (error)
		return error;
	struct strip *strip = strip_new(file->type);
	error = run_through(strip, from, part, &made.bytes);
	strip_free(strip);
	measure(part, &made);
	blob_part_end(part);
	if (!error)
		error = blob_part_replace(blobs, file->id);
	if (error) {
		blob_part_drop_again(blobs, file->id);
		return error;
	}
	int64_t bytes = blob_part_hash(blobs, file->id, made.hash);
	*file = made;
	return bytes < 0 ? (int)bytes : 0;
}

/* PAINT_KINDS: it gets no previews. */
static enum paint_kind kind_of(const struct file *file)
{
	static const char *const types[PAINT_KINDS] = {[PAINT_JPEG] = "image/jpeg",
						       [PAINT_PNG] = "image/png",
						       [PAINT_GIF] = "image/gif",
						       [PAINT_WEBP] = "image/webp"};
	int kind = 0;
	while (kind < PAINT_KINDS && strcmp(types[kind], file->type) != 0)
		kind++;
	bool is_little = file->width <= LIMIT_PREVIEW_SMALL_SIDE && file->height <= LIMIT_PREVIEW_SMALL_SIDE;
	bool is_large = file->width && file->height > LIMIT_PREVIEW_PIXELS / file->width;
	return is_little || is_large || file->bytes > LIMIT_PREVIEW_FILE_BYTES ? PAINT_KINDS
									       : (enum paint_kind)kind;
}

bool prepare_is_slow(const void *painter, const struct file *file)
{
	return painter && kind_of(file) != PAINT_KINDS;
}

/* The file is sent to people as WebP, so it has to be WebP, whichever program made it. */
static bool is_webp(int fd)
{
	unsigned char head[12];
	return pread(fd, head, sizeof head, 0) == sizeof head && !memcmp(head, "RIFF", 4) &&
	       !memcmp(head + 8, "WEBP", 4);
}

static int64_t make_previews(struct painter *painter, const struct blobs *blobs, const struct file *file,
			     int from)
{
	int small = blob_preview_make(blobs, file->id, BLOB_PREVIEW_SMALL);
	int large = blob_preview_make(blobs, file->id, BLOB_PREVIEW_LARGE);
	bool is_made = small >= 0 && large >= 0 &&
		       painter_paint(painter, kind_of(file), from, small, large) && is_webp(small) &&
		       is_webp(large);
	if (small >= 0)
		close(small);
	if (large >= 0)
		close(large);
	int64_t bytes = is_made ? blob_preview_sync(blobs, file->id) : -1;
	if (bytes <= 0)
		blob_preview_drop(blobs, file->id);
	return bytes > 0 ? bytes : 0;
}

static int strip_part(const struct blobs *blobs, struct file *file)
{
	struct strip *strip = strip_new(file->type);
	int64_t bytes;
	if (!strip)
		return 0;
	int from = blob_part_open(blobs, file->id);
	int error = from < 0 ? from : run_through(strip, from, NULL, &bytes);
	if (!error && strip_has_changed(strip))
		error = write_stripped(blobs, from, file);
	strip_free(strip);
	if (from >= 0)
		close(from);
	return error;
}

int prepare_file(void *painter, const struct blobs *blobs, struct file *file)
{
	int error = strip_part(blobs, file);
	file->preview_bytes = 0;
	if (error || !prepare_is_slow(painter, file))
		return error;
	int from = blob_part_open(blobs, file->id);
	if (from < 0)
		return from;
	file->preview_bytes = make_previews(painter, blobs, file, from);
	close(from);
	return 0;
}
