#include "wire/filehost.h"

#include "base/memory.h"
#include "wire/irc.h"
#include "wire/multipart.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TOKEN_CHARACTERS 64

bool filehost_is_token(const char *secret)
{
	return strlen(secret) == TOKEN_CHARACTERS && strspn(secret, "0123456789abcdef") == TOKEN_CHARACTERS;
}

/* "name@device:secret" or "name/device:secret": all devices of an account send the same files. */
static bool split_login(const char *plain, size_t bytes, struct filehost_login *login)
{
	const char *colon = memchr(plain, ':', bytes);
	size_t name_bytes = colon ? strcspn(plain, "@/:") : 0;
	if (!name_bytes || name_bytes > LIMIT_NAME_BYTES || strlen(plain) != bytes ||
	    strlen(colon + 1) > LIMIT_PASSWORD_BYTES)
		return false;
	snprintf(login->name, sizeof login->name, "%.*s", (int)name_bytes, plain);
	snprintf(login->secret, sizeof login->secret, "%s", colon + 1);
	login->is_token = filehost_is_token(login->secret);
	return true;
}

bool filehost_read_login(const struct http_request *request, struct filehost_login *login)
{
	static const char scheme[] = "Basic ";
	struct http_text value = http_value(request, "authorization");
	size_t head = sizeof scheme - 1;
	if (value.bytes <= head || strncasecmp(value.at, scheme, head) != 0)
		return false;
	char *coded = mem_string_n(value.at + head, value.bytes - head);
	struct buffer plain = BUFFER_EMPTY;
	bool is_read = irc_read_base64(coded, &plain) &&
		       split_login(buffer_string(&plain), buffer_length(&plain), login);
	mem_wipe(coded, strlen(coded));
	free(coded);
	if (plain.data)
		mem_wipe(plain.data, plain.capacity);
	buffer_release(&plain);
	return is_read;
}

int filehost_read_name(const struct http_request *request, char *to, size_t room)
{
	static const char charset[] = "UTF-8'";
	struct http_text value = http_value(request, "content-disposition");
	char coded[HTTP_TARGET_BYTES_MAX];
	/* RFC 5987: UTF-8'language'percent-coded */
	if (multipart_parameter(value, "filename*", coded, sizeof coded) &&
	    !strncasecmp(coded, charset, sizeof charset - 1)) {
		const char *quote = strchr(coded + sizeof charset - 1, '\'');
		if (quote)
			return http_decode((struct http_text){quote + 1, strlen(quote + 1)}, to, room);
	}
	return multipart_parameter(value, "filename", to, room) ? (int)strlen(to) : -1;
}

/* --- links --- */

static const char *behind(const char *text, const char *prefix)
{
	size_t bytes = strlen(prefix);
	return !strncmp(text, prefix, bytes) ? text + bytes : NULL;
}

static bool cut_id(const char **at, char id[FILE_ID_BYTES])
{
	snprintf(id, FILE_ID_BYTES, "%s", *at);
	if (!file_is_id(id))
		return false;
	*at += FILE_ID_BYTES - 1;
	return true;
}

/* "http(s)://HOST/f/ID/KEY/NAME" at the beginning of the text. */
static bool read_link(const char *text, char id[FILE_ID_BYTES])
{
	char key[FILE_ID_BYTES];
	const char *host = behind(text, "https://");
	if (!host)
		host = behind(text, "http://");
	if (!host)
		return false;
	const char *path = host + strcspn(host, "/ \n"), *at = behind(path, "/f/");
	bool has_key = at != NULL;
	if (!at)
		at = behind(path, "/files/");
	return at && cut_id(&at, id) && (!has_key || (*at++ == '/' && cut_id(&at, key)));
}

/* Somewhere in the word: people put brackets around it. */
static bool find_link(const char *word, size_t bytes, char id[FILE_ID_BYTES], bool *is_all)
{
	for (size_t i = 0; i < bytes; i++) {
		if (word[i] != 'h' || !read_link(word + i, id))
			continue;
		*is_all = !i;
		return true;
	}
	return false;
}

bool filehost_take_links(const char *text, struct buffer *rest, char ids[FILEHOST_IDS_BYTES])
{
	size_t count = 0;
	const char *first = NULL, *end = NULL; /* of what is no link */
	*ids = '\0';
	for (const char *word = text, *next; *word; word = next) {
		size_t bytes = strcspn(word, " \n");
		char id[FILE_ID_BYTES];
		bool is_all = false;
		next = word + bytes + strspn(word + bytes, " \n");
		if (find_link(word, bytes, id, &is_all) && !strstr(ids, id)) {
			if (count++ == LIMIT_FILES)
				return false;
			snprintf(ids + strlen(ids), FILE_ID_BYTES + 1, "%s%s", *ids ? " " : "", id);
		}
		if (is_all || !bytes)
			continue;
		first = first ? first : word;
		end = word + bytes;
	}
	if (first && count)
		buffer_add(rest, first, (size_t)(end - first));
	return count;
}
