#include "store/blobs/half_blob.h"

#include "base/buffer.h"
#include "store/whole_io.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PART ".part"
#define HALF ".half"

/* A note begins with "doubt N", of so many bytes, which is written over in place; no sector holds a half of it. */
#define DOUBT_BYTES 26
#define NO_DOUBT    INT64_MAX
#define NOTE_BYTES  (LIMIT_UPLOAD_METADATA_BYTES + LIMIT_FILE_NAME_BYTES + 512)
#define LAST_LINE   "\nend\n"

static int write_doubt(int fd, int64_t bytes)
{
	char line[DOUBT_BYTES + 1];
	int64_t offset = 0;
	snprintf(line, sizeof line, "doubt %019" PRId64 "\n", bytes);
	int error = whole_write(fd, line, DOUBT_BYTES, &offset);
	return !error && fsync(fd) ? -errno : error;
}

static int write_note(int fd, const struct file *file, const char *epoch, bool is_doubted)
{
	struct buffer note = BUFFER_EMPTY;
	int64_t offset = DOUBT_BYTES;
	buffer_printf(&note, "epoch %s\nowner %" PRId64 "\nwhole %" PRId64 "\nmade %" PRId64 "\n", epoch,
		      file->owner, file->whole, file->made_ms);
	buffer_printf(&note, "name %s\nmetadata %s" LAST_LINE, file->name,
		      file->metadata ? file->metadata : "");
	int error = whole_write(fd, buffer_bytes(&note), buffer_length(&note), &offset);
	buffer_release(&note);
	return error ? error : write_doubt(fd, is_doubted ? 0 : NO_DOUBT);
}

static int make_note(const struct blobs *blobs, const struct file *file, const char *epoch, bool is_doubted)
{
	int fd = blob_open_beside(blobs, file->id, HALF, O_WRONLY | O_CREAT | O_EXCL);
	if (fd < 0)
		return fd;
	int error = write_note(fd, file, epoch, is_doubted);
	close(fd);
	return error;
}

int half_blob_make(const struct blobs *blobs, const struct file *file, const char *epoch, bool is_doubted)
{
	int fd = blob_open_beside(blobs, file->id, PART, O_WRONLY | O_CREAT | O_EXCL);
	if (fd < 0)
		return fd;
	close(fd);
	int error = make_note(blobs, file, epoch, is_doubted);
	return error ? error : blob_sync_folder(blobs, file->id);
}

int half_blob_doubt(const struct blobs *blobs, const char *id, int64_t bytes)
{
	int fd = blob_open_beside(blobs, id, HALF, O_WRONLY);
	if (fd < 0)
		return fd;
	int error = write_doubt(fd, bytes);
	close(fd);
	return error;
}

/* Cuts the part off there, and syncs it. */
static int settle_part(const struct blobs *blobs, const char *id, int64_t bytes)
{
	struct stat about;
	int fd = blob_open_beside(blobs, id, PART, O_WRONLY);
	if (fd < 0)
		return fd;
	int error = fstat(fd, &about) ? -errno : about.st_size < bytes ? -EIO : 0;
	if (!error && ((about.st_size > bytes && ftruncate(fd, bytes)) || fsync(fd)))
		error = -errno;
	close(fd);
	return error;
}

int half_blob_pause(const struct blobs *blobs, const char *id, int64_t bytes)
{
	int error = settle_part(blobs, id, bytes);
	return error ? error : half_blob_doubt(blobs, id, NO_DOUBT);
}

void half_blob_end(const struct blobs *blobs, const char *id)
{
	blob_drop_beside(blobs, id, HALF);
}

/* --- those that are there at a start --- */

struct looking {
	const struct blobs *blobs;
	const char *epoch;
	half_blob_visit *visit;
	void *context;
};

/* Cuts "KEY VALUE" off; NULL: the next line is another one. */
static char *cut_note_line(char **at, const char *key)
{
	size_t key_bytes = strlen(key);
	char *line = *at, *end = strchr(line, '\n');
	if (!end || strncmp(line, key, key_bytes) != 0 || line[key_bytes] != ' ')
		return NULL;
	*end = '\0';
	*at = end + 1;
	return line + key_bytes + 1;
}

static bool cut_number_of(char **at, const char *key, int64_t *number)
{
	char *value = cut_note_line(at, key), *end;
	if (!value)
		return false;
	*number = strtoll(value, &end, 10);
	return !*end && *number >= 0;
}

/* Reads a note; the strings of `file` then point into it. */
static bool parse_note(char *note, const char *epoch, struct file *file, int64_t *doubt)
{
	char *at = note, *line;
	if (!cut_number_of(&at, "doubt", doubt) || !(line = cut_note_line(&at, "epoch")) ||
	    strcmp(line, epoch) != 0)
		return false;
	if (!cut_number_of(&at, "owner", &file->owner) || !cut_number_of(&at, "whole", &file->whole) ||
	    !cut_number_of(&at, "made", &file->made_ms) || !(line = cut_note_line(&at, "name")))
		return false;
	snprintf(file->name, sizeof file->name, "%s", line);
	file->metadata = cut_note_line(&at, "metadata");
	return file->metadata && !strcmp(at, "end\n");
}

static bool read_note(const struct blobs *blobs, const char *id, char note[NOTE_BYTES])
{
	int fd = blob_open_beside(blobs, id, HALF, O_RDONLY);
	int64_t bytes = fd < 0 ? fd : whole_read(fd, note, NOTE_BYTES - 1, 0);
	if (fd >= 0)
		close(fd);
	note[bytes > 0 ? bytes : 0] = '\0';
	return bytes > 0;
}

static int64_t bytes_of_part(const struct blobs *blobs, const char *id)
{
	struct stat about;
	int fd = blob_open_beside(blobs, id, PART, O_RDONLY);
	int64_t bytes = fd < 0 ? fd : fstat(fd, &about) ? -errno : about.st_size;
	if (fd >= 0)
		close(fd);
	return bytes;
}

/* Cuts the part off and syncs it, as half_blob_pause() does. Where there is nothing to cut off or sync, it costs no write:
 * a flood of empty ones must not make the start long. */
static int settle_half(const struct blobs *blobs, const struct file *file, int64_t bytes_here, int64_t doubt)
{
	int error = bytes_here ? settle_part(blobs, file->id, file->bytes) : 0;
	return error || doubt == NO_DOUBT ? error : half_blob_doubt(blobs, file->id, NO_DOUBT);
}

static void look_at(void *context, const char *name)
{
	const struct looking *looking = context;
	char note[NOTE_BYTES];
	struct file file = {.is_half = true};
	int64_t doubt;
	const char *ending = strrchr(name, '.');
	if (!ending || strcmp(ending, HALF) != 0 || ending - name != FILE_ID_BYTES - 1)
		return;
	snprintf(file.id, sizeof file.id, "%.32s", name);
	if (!file_is_id(file.id) || !read_note(looking->blobs, file.id, note) ||
	    !parse_note(note, looking->epoch, &file, &doubt))
		return;
	int64_t bytes_here = file.bytes = bytes_of_part(looking->blobs, file.id);
	if (file.bytes > doubt)
		file.bytes = doubt;
	if (file.bytes > file.whole)
		file.bytes = file.whole;
	if (file.bytes >= 0 && !settle_half(looking->blobs, &file, bytes_here, doubt))
		looking->visit(looking->context, &file);
}

void half_blobs_each(const struct blobs *blobs, const char *epoch, half_blob_visit *visit, void *context)
{
	blobs_each(blobs, look_at,
		   &(struct looking){.blobs = blobs, .epoch = epoch, .visit = visit, .context = context});
}
