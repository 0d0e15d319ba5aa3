#include "base/text/grapheme.h"

#include "base/text/code_point.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>
#include <utf8proc.h>

#define LOOK_BACK_BYTES 256 /* no cluster that people write is longer */

size_t grapheme_next(const char *text, size_t bytes)
{
	uint32_t before, c;
	utf8proc_int32_t state = 0;
	if (!bytes)
		return 0;
	size_t length = code_point_read(text, bytes, &before);
	while (length < bytes) {
		size_t step = code_point_read(text + length, bytes - length, &c);
		if (utf8proc_grapheme_break_stateful((utf8proc_int32_t)before, (utf8proc_int32_t)c, &state))
			break;
		length += step;
		before = c;
	}
	return length;
}

/* Clusters are found from their beginnings alone: the search begins at a line break or a blank before, which
 * is a boundary, or far enough away. */
size_t grapheme_previous(const char *text, size_t at)
{
	assert(text || !at);
	size_t from = at, last = 0;
	if (!at)
		return 0;
	while (from && at - from < LOOK_BACK_BYTES &&
	       (from == at || (text[from] != '\n' && text[from] != ' ')))
		from--;
	while (from && code_point_is_inner(text[from]))
		from--;
	while (from < at) {
		last = grapheme_next(text + from, at - from);
		from += last;
	}
	return last;
}

size_t grapheme_columns(const char *text, size_t bytes)
{
	size_t columns = 0;
	bool is_picture = false;
	for (size_t at = 0; at < bytes;) {
		uint32_t c;
		at += code_point_read(text + at, bytes - at, &c);
		size_t own = (size_t)code_point_columns(c);
		columns = own > columns ? own : columns;
		/* The selector of the coloured form, and regional indicators: a flag is as wide as a picture.
		 */
		is_picture |= c == 0xfe0f || (c >= 0x1f1e6 && c <= 0x1f1ff);
	}
	return columns && is_picture ? 2 : columns;
}
