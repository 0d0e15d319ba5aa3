#include "base/file.h"

#include "base/text/utf8.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

bool file_is_id(const char *text)
{
	return strlen(text) == FILE_ID_BYTES - 1 && strspn(text, "0123456789abcdef") == FILE_ID_BYTES - 1;
}

bool file_next_id(const char **ids, char id[FILE_ID_BYTES])
{
	size_t bytes = *ids ? strcspn(*ids, " ") : 0;
	if (bytes != FILE_ID_BYTES - 1)
		return false;
	memcpy(id, *ids, bytes);
	id[bytes] = '\0';
	*ids += bytes + ((*ids)[bytes] == ' ');
	return file_is_id(id);
}

void file_make_id(char id[FILE_ID_BYTES])
{
	unsigned char bytes[(FILE_ID_BYTES - 1) / 2];
	randombytes_buf(bytes, sizeof bytes);
	sodium_bin2hex(id, FILE_ID_BYTES, bytes, sizeof bytes);
}

/* Signs that nobody sees, and that make a name look like another one: they turn the direction or have no width. */
static bool is_hidden_in_name(const unsigned char *at)
{
	static const char *const signs[] = {
	    "\xc2\xad",     "\xd8\x9c",     "\xe2\x80\x8b", "\xe2\x80\x8e", "\xe2\x80\x8f", "\xe2\x80\xa8",
	    "\xe2\x80\xa9", "\xe2\x80\xaa", "\xe2\x80\xab", "\xe2\x80\xac", "\xe2\x80\xad", "\xe2\x80\xae",
	    "\xe2\x81\xa6", "\xe2\x81\xa7", "\xe2\x81\xa8", "\xe2\x81\xa9", "\xef\xbb\xbf"};
	for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
		if (!strncmp((const char *)at, signs[i], strlen(signs[i])))
			return true;
	return *at == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0;
}

static size_t width_of(const unsigned char *at)
{
	return *at < 0x80 ? 1 : *at < 0xe0 ? 2 : *at < 0xf0 ? 3 : 4;
}

static const char *behind_folders(const char *given)
{
	const char *name = given;
	for (const char *at = given; *at; at++)
		if (*at == '/' || *at == '\\')
			name = at + 1;
	return name;
}

void file_clean_name(const char *given, char name[LIMIT_FILE_NAME_BYTES + 1])
{
	size_t used = 0;
	if (!utf8_valid(given, strlen(given)))
		given = "";
	const unsigned char *at = (const unsigned char *)behind_folders(given);
	for (size_t width; *at && used + (width = width_of(at)) <= LIMIT_FILE_NAME_BYTES; at += width) {
		bool is_bad = *at < ' ' || *at == 0x7f || strchr("<>:\"|?*%", *at) || is_hidden_in_name(at) ||
			      (!used && strchr(".- ~", *at));
		if (is_bad)
			name[used++] = '_';
		else
			for (size_t i = 0; i < width; i++)
				name[used++] = (char)at[i];
	}
	while (used && (name[used - 1] == ' ' || name[used - 1] == '.'))
		used--;
	name[used] = '\0';
	if (!used)
		snprintf(name, LIMIT_FILE_NAME_BYTES + 1, "file");
}

void file_add_size(struct buffer *to, int64_t bytes)
{
	assert(bytes >= 0);
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
