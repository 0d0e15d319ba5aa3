#include "wire/multipart.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

bool multipart_parameter(struct http_text text, const char *name, char *to, size_t room)
{
	size_t length = strlen(name), count = 0;
	const char *end = text.at + text.bytes;
	bool is_quoted = false;
	for (const char *at = text.at; at < end; at++) {
		if (*at == '"' && at > text.at && at[-1] != '\\')
			is_quoted = !is_quoted;
		if (is_quoted || *at != ';')
			continue;
		for (at++; at < end && (*at == ' ' || *at == '\t'); at++)
			continue;
		if ((size_t)(end - at) <= length || strncasecmp(at, name, length) != 0 || at[length] != '=') {
			at--;
			continue;
		}
		at += length + 1;
		bool has_quote = at < end && *at == '"';
		for (at += has_quote; at < end && *at != (has_quote ? '"' : ';') && count + 1 < room; at++) {
			at += has_quote && *at == '\\' && at + 1 < end && at[1] == '"';
			to[count++] = *at;
		}
		to[count] = '\0';
		return at == end ? !has_quote : *at == (has_quote ? '"' : ';');
	}
	return false;
}

bool multipart_begin(struct multipart *form, struct http_text content_type)
{
	static const char type[] = "multipart/form-data";
	char boundary[MULTIPART_BOUNDARY_BYTES + 1];
	if (content_type.bytes < sizeof type || strncasecmp(content_type.at, type, sizeof type - 1) != 0 ||
	    !strchr("; \t", content_type.at[sizeof type - 1]) ||
	    !multipart_parameter(content_type, "boundary", boundary, sizeof boundary) || !*boundary ||
	    strpbrk(boundary, "\r\n"))
		return false;
	memset(form, 0, sizeof *form);
	form->delimiter_bytes =
	    (size_t)snprintf(form->delimiter, sizeof form->delimiter, "\r\n--%s", boundary);
	/* The first one stands at the beginning of a line that nothing comes before. */
	form->matched = 2;
	return true;
}

/* "Content-Disposition: form-data; name="file"; filename="a.txt"". */
static bool read_part(struct multipart *form)
{
	static const char field[] = "content-disposition:";
	form->is_file = false;
	for (char *line = form->head, *end;
	     (end = memmem(line, form->head_bytes - (size_t)(line - form->head), "\r\n", 2));
	     line = end + 2) {
		struct http_text value = {line, (size_t)(end - line)};
		if (value.bytes < sizeof field || strncasecmp(line, field, sizeof field - 1) != 0)
			continue;
		char name[sizeof form->name];
		if (multipart_parameter(value, "filename", name, sizeof name)) {
			form->is_file = true;
			memcpy(form->name, name, sizeof name);
		}
	}
	bool is_second = form->is_file && form->has_file;
	form->has_file |= form->is_file;
	form->matched = 0;
	form->state = MULTIPART_AT_BODY;
	return !is_second;
}

static bool take_part_head(struct multipart *form, char c)
{
	if (form->head_bytes == sizeof form->head)
		return false;
	form->head[form->head_bytes++] = c;
	size_t bytes = form->head_bytes;
	bool is_empty = bytes == 2 && !memcmp(form->head, "\r\n", 2);
	if (is_empty || (bytes >= 4 && !memcmp(form->head + bytes - 4, "\r\n\r\n", 4)))
		return read_part(form);
	return true;
}

/* Reads the bytes between the parts, one at a time. */
static bool take_between(struct multipart *form, char c)
{
	switch (form->state) {
	case MULTIPART_AT_END:
		form->state = c == '-' ? MULTIPART_AT_DASH : c == '\r' ? MULTIPART_AT_BREAK : form->state;
		return c == '-' || c == '\r' || c == ' ' || c == '\t';
	case MULTIPART_AT_DASH:
		form->state = MULTIPART_OVER;
		return c == '-';
	case MULTIPART_AT_BREAK:
		form->state = MULTIPART_AT_HEAD;
		form->head_bytes = 0;
		return c == '\n';
	case MULTIPART_AT_HEAD:
		return take_part_head(form, c);
	default:
		return true;
	}
}

/* The delimiter begins with a CR and has no other: what does not go on as it does is content up to there. True where
 * `piece` has some. */
static bool take_part_body(struct multipart *form, const char *bytes, size_t length, size_t *used,
			   struct http_text *piece)
{
	size_t begin = *used;
	if (!form->matched) {
		const char *cr = memchr(bytes + begin, '\r', length - begin);
		*used = cr ? (size_t)(cr - bytes) : length;
		*piece = (struct http_text){bytes + begin, *used - begin};
		form->matched = cr != NULL;
		*used += cr != NULL;
		return piece->bytes && form->is_file;
	}
	while (*used < length && form->matched < form->delimiter_bytes &&
	       bytes[*used] == form->delimiter[form->matched]) {
		++*used;
		form->matched++;
	}
	if (form->matched == form->delimiter_bytes) {
		form->state = MULTIPART_AT_END;
	} else if (*used < length) {
		*piece = (struct http_text){form->delimiter, form->matched};
		form->matched = 0;
		return form->is_file;
	}
	return false;
}

enum multipart_result multipart_next(struct multipart *form, const char *bytes, size_t length, size_t *used,
				     struct http_text *piece)
{
	assert(*used <= length);
	while (*used < length && form->state != MULTIPART_OVER) {
		if (form->state == MULTIPART_AT_BODY) {
			if (take_part_body(form, bytes, length, used, piece))
				return MULTIPART_PIECE;
		} else if (!take_between(form, bytes[(*used)++])) {
			return MULTIPART_WRONG;
		}
	}
	/* Nothing is read behind the end. */
	*used = length;
	return MULTIPART_MORE;
}
