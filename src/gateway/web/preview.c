#include "gateway/web/preview.h"

#include "gateway/web/transfer_state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const int sides[BLOB_PREVIEWS] = {
    [BLOB_PREVIEW_SMALL] = LIMIT_PREVIEW_SMALL_SIDE, [BLOB_PREVIEW_LARGE] = LIMIT_PREVIEW_SIDE};

static enum blob_preview preview_asked(struct http_text query)
{
	char wanted[16], side[16];
	int which = 0;
	if (http_query_value(query, "size", wanted, sizeof wanted) < 0)
		return BLOB_PREVIEWS;
	for (; which < BLOB_PREVIEWS; which++) {
		snprintf(side, sizeof side, "%d", sides[which]);
		if (!strcmp(side, wanted))
			break;
	}
	return (enum blob_preview)which;
}

static void preview_tag(const char *id, enum blob_preview which, char tag[PREVIEW_TAG_BYTES])
{
	if (which == BLOB_PREVIEWS)
		snprintf(tag, PREVIEW_TAG_BYTES, "\"%.32s\"", id);
	else
		snprintf(tag, PREVIEW_TAG_BYTES, "\"%.32s-%d\"", id, sides[which]);
}

void preview_take_conditions(struct transfer *transfer, const struct http_request *request)
{
	const char *tag = transfer->tag;
	struct http_text range = http_value(request, "range");
	transfer->preview = preview_asked(request->query);
	preview_tag(transfer->file.id, transfer->preview, transfer->tag);
	transfer->is_known = http_matches(request, tag);
	bool is_same = !http_count(request, "if-range") || http_text_is(http_value(request, "if-range"), tag);
	if (!request->is_head && http_count(request, "range") == 1 && is_same &&
	    range.bytes < TRANSFER_RANGE_BYTES)
		memcpy(transfer->range, range.at, range.bytes);
	transfer->is_to_be_kept = http_text_is(request->query, "download");
}

int preview_open(const struct blobs *blobs, enum blob_preview which, struct file *file)
{
	static const char ending[] = ".webp";
	struct stat about;
	if (which == BLOB_PREVIEWS)
		return blob_open(blobs, file->id);
	if (!file->preview_bytes)
		return -ENODATA;
	int fd = blob_preview_open(blobs, file->id, which);
	if (fd < 0 || fstat(fd, &about)) {
		if (fd >= 0)
			close(fd);
		return fd < 0 ? fd : -EIO;
	}
	file->bytes = about.st_size;
	snprintf(file->type, sizeof file->type, "image/webp");
	if (strlen(file->name) + sizeof ending <= sizeof file->name)
		strcat(file->name, ending);
	return fd;
}
