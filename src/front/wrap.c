#include "front/wrap.h"

#include "base/text/grapheme.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

/* The bytes of a colour at the beginning of the text, or 0. */
static size_t colour_bytes(const char *text, size_t bytes)
{
	size_t at = 2;
	if (bytes < 3 || text[0] != '\033' || text[1] != '[')
		return 0;
	while (at < bytes && strchr("0123456789;", text[at]))
		at++;
	return at < bytes && text[at] == 'm' ? at + 1 : 0;
}

size_t wrap_row(const char *text, size_t bytes, size_t width, size_t *next)
{
	assert(width);
	size_t at = 0, columns = 0, blank = 0, behind_blank = 0;
	bool has_blank = false, has_word = false;
	while (at < bytes && text[at] != '\n') {
		size_t colour = colour_bytes(text + at, bytes - at);
		size_t step = colour ? colour : grapheme_next(text + at, bytes - at);
		size_t own = colour ? 0 : grapheme_columns(text + at, step);
		bool is_blank = text[at] == ' ';
		if (is_blank && has_word && (!has_blank || behind_blank != at))
			blank = at;
		if (is_blank && has_word) {
			has_blank = true;
			behind_blank = at + 1;
		}
		has_word |= !is_blank && !colour;
		if (columns + own > width && at && !is_blank) {
			*next = has_blank ? behind_blank : at;
			at = has_blank ? blank : at;
			while (!has_blank && at && text[at - 1] == ' ')
				at--;
			return at;
		}
		columns += own;
		at += step;
	}
	*next = at < bytes ? at + 1 : at;
	/* Blanks that stand over the edge are nothing to see. */
	if (columns > width)
		while (at && text[at - 1] == ' ')
			at--;
	return at;
}

void wrap_text(struct buffer *to, const char *text, size_t width, size_t indent)
{
	size_t bytes = strlen(text), room = width;
	bool is_broken = false;
	while (bytes) {
		size_t next, length = wrap_row(text, bytes, room, &next);
		if (is_broken)
			buffer_printf(to, "%*s", (int)indent, "");
		buffer_add(to, text, length);
		is_broken = next < bytes && text[next - 1] != '\n';
		room = is_broken ? width - indent : width;
		if (next < bytes)
			buffer_add_char(to, '\n');
		text += next;
		bytes -= next;
	}
}
