#include "gateway/file_link.h"

#include <string.h>

static const char *server_url = "";
static bool links_have_keys = true;

void file_link_set(const char *url, bool has_keys)
{
	server_url = url;
	links_have_keys = has_keys;
}

static bool is_plain_in_url(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("-._~", c));
}

void file_link_escape(struct buffer *to, const char *text)
{
	for (; *text; text++) {
		if (is_plain_in_url(*text))
			buffer_add_char(to, *text);
		else
			buffer_printf(to, "%%%02X", (unsigned char)*text);
	}
}

void file_link_path(struct buffer *to, const char *id, const char *key, const char *name)
{
	if (!links_have_keys) {
		buffer_printf(to, "/files/%s", id);
		return;
	}
	buffer_printf(to, "/f/%s/%s/", id, key);
	file_link_escape(to, name);
}

static void add_size(struct buffer *to, int64_t bytes)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
	int64_t tenths = bytes * 10;
	size_t unit = 0;
	for (; tenths >= 10000 && unit + 1 < sizeof units / sizeof *units; unit++)
		tenths = (tenths + 500) / 1000;
	if (!unit || tenths >= 100)
		buffer_printf(to, "%lld %s", (long long)(tenths + 5) / 10, units[unit]);
	else
		buffer_printf(to, "%lld.%lld %s", (long long)tenths / 10, (long long)tenths % 10,
			      units[unit]);
}

void file_link_message(struct buffer *to, const struct entry *entry)
{
	buffer_add_string(to, entry->text);
	for (size_t i = 0; i < entry->files_count; i++) {
		const struct entry_file *file = &entry->files[i];
		if (i || *entry->text)
			buffer_add_char(to, '\n');
		buffer_printf(to, "%s (", file->name);
		add_size(to, file->bytes);
		buffer_printf(to, ") %s", server_url);
		file_link_path(to, file->id, file->key, file->name);
	}
}
