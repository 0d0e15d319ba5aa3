#include "gateway/web/file_link.h"

#include "base/file.h"
#include "wire/http.h"

#include <string.h>

static const char *server_url = "";
static bool links_have_keys = true;

void file_link_set(const char *url, bool has_keys)
{
	server_url = url;
	links_have_keys = has_keys;
}

void file_link_path(struct buffer *to, const char *id, const char *key, const char *name)
{
	if (!links_have_keys) {
		buffer_printf(to, "/files/%s", id);
		return;
	}
	buffer_printf(to, "/f/%s/%s/", id, key);
	http_encode(to, name);
}

void file_link_whole(struct buffer *to, const char *id, const char *key, const char *name)
{
	buffer_add_string(to, server_url);
	file_link_path(to, id, key, name);
}

void file_link_upload(struct buffer *to)
{
	buffer_printf(to, "%s/files", server_url);
}

void file_link_invitation(struct buffer *to, const char *secret)
{
	buffer_printf(to, "%s/#+%s", server_url, secret);
}

void file_link_preview(struct buffer *to, const char *id, const char *key)
{
	if (links_have_keys)
		buffer_printf(to, "/f/%s/%s?size=%d", id, key, LIMIT_PREVIEW_SIDE);
	else
		buffer_printf(to, "/files/%s?size=%d", id, LIMIT_PREVIEW_SIDE);
}

void file_link_message(struct buffer *to, const struct entry *entry)
{
	buffer_add_string(to, entry->text);
	for (size_t i = 0; i < entry->files_count; i++) {
		const struct entry_file *file = &entry->files[i];
		if (i || *entry->text)
			buffer_add_char(to, '\n');
		buffer_printf(to, "%s (", file->name);
		file_add_size(to, file->bytes);
		buffer_add_string(to, ") ");
		file_link_whole(to, file->id, file->key, file->name);
	}
}
