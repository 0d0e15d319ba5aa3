#include "front/links.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define LINK_BYTES_MAX 2000 /* a longer one is text */

static size_t scheme_bytes(const char *text)
{
	static const char *const schemes[] = {"https://", "http://"};
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
		if (!strncasecmp(text, schemes[i], strlen(schemes[i])))
			return strlen(schemes[i]);
	return 0;
}

static bool is_of_link(char c)
{
	return (unsigned char)c > ' ' && c != 0x7f && !strchr("<>\"`", c);
}

static size_t links_count(const char *text, size_t bytes, char c)
{
	size_t found = 0;
	for (size_t i = 0; i < bytes; i++)
		found += text[i] == c;
	return found;
}

/* A bracket belongs to the link where it was opened in it. */
static size_t links_without_end(const char *link, size_t bytes)
{
	static const char opening[] = "([{", closing[] = ")]}";
	for (; bytes; bytes--) {
		char last = link[bytes - 1];
		const char *close = strchr(closing, last);
		bool is_sentence = strchr(".,;:!?'*_", last);
		bool is_open = close && links_count(link, bytes, opening[close - closing]) <
					    links_count(link, bytes, last);
		if (!is_sentence && !is_open)
			break;
	}
	return bytes;
}

const char *links_find(const char *text, size_t *bytes)
{
	for (const char *at = text; (at = strpbrk(at, "hH")); at++) {
		size_t scheme = scheme_bytes(at), length = scheme;
		bool is_inside =
		    at > text && ((at[-1] >= 'a' && at[-1] <= 'z') || (at[-1] >= 'A' && at[-1] <= 'Z'));
		if (!scheme || is_inside)
			continue;
		while (length <= LINK_BYTES_MAX && is_of_link(at[length]))
			length++;
		if (length <= LINK_BYTES_MAX)
			length = links_without_end(at, length);
		if (length <= scheme || length > LINK_BYTES_MAX)
			continue;
		*bytes = length;
		return at;
	}
	return NULL;
}

void links_write(struct buffer *to, const char *link, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		if ((unsigned char)link[i] >= 0x80)
			buffer_printf(to, "%%%02X", (unsigned char)link[i]);
		else
			buffer_add_char(to, link[i]);
}
