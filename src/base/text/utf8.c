#include "base/text/utf8.h"

#include "base/text/code_point.h"
#include "base/limits.h"
#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

size_t utf8_step(const char *text, size_t bytes)
{
	uint32_t code_point;
	return code_point_decode(text, bytes, &code_point);
}

bool utf8_valid(const char *text, size_t bytes)
{
	const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)text, *end = at + bytes;
	while (at < end) {
		if (*at < 0x80) {
			at++;
			continue;
		}
		size_t used = utf8_step((const char *)at, (size_t)(end - at));
		if (!used)
			return false;
		at += used;
	}
	return true;
}

size_t utf8_prefix(const char *text, size_t bytes, size_t bytes_max)
{
	assert(text || !bytes);
	if (bytes <= bytes_max)
		return bytes;
	while (bytes_max && code_point_is_inner(text[bytes_max]))
		bytes_max--;
	return bytes_max;
}

/* The bytes of the first code point of `bytes` > 0, and how wide it is. */
static size_t read_columns(const char *text, size_t bytes, size_t *columns)
{
	uint32_t code_point;
	size_t used = code_point_read(text, bytes, &code_point);
	*columns = (size_t)code_point_columns(code_point);
	return used;
}

char *utf8_trim(char *text)
{
	text += strspn(text, " \t");
	size_t length = strlen(text);
	while (length && strchr(" \t\r\n", text[length - 1]))
		length--;
	text[length] = '\0';
	return text;
}

size_t utf8_width(const char *text, size_t bytes)
{
	size_t width = 0, columns;
	for (const char *end = text + bytes; text < end;) {
		text += read_columns(text, (size_t)(end - text), &columns);
		width += columns;
	}
	return width;
}

size_t utf8_fit(const char *text, size_t bytes, size_t columns)
{
	size_t fits = 0, width;
	while (fits < bytes) {
		size_t used = read_columns(text + fits, bytes - fits, &width);
		if (width > columns)
			break;
		columns -= width;
		fits += used;
	}
	return fits;
}

bool utf8_fold_ascii(const char *text, size_t length, char *to)
{
	bool is_ascii = true;
	for (size_t i = 0; i < length; i++) {
		is_ascii &= !(text[i] & 0x80);
		to[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] | 0x20 : text[i]);
	}
	return is_ascii;
}

char *utf8_fold(const char *text)
{
	/* Nearly all names are ASCII. */
	size_t bytes = strlen(text) + 1;
	char *ascii = mem_alloc(bytes);
	if (utf8_fold_ascii(text, bytes, ascii))
		return ascii;
	free(ascii);
	utf8proc_uint8_t *folded = NULL;
	utf8proc_ssize_t length = utf8proc_map((const utf8proc_uint8_t *)text, 0, &folded,
					       UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_COMPOSE |
						   UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
	/* NULL is for what is no UTF-8: a name that seems to be free must not come of it. */
	if (length == UTF8PROC_ERROR_NOMEM)
		mem_fail(strlen(text));
	return length < 0 ? NULL : (char *)folded;
}

static bool is_letter(utf8proc_category_t category)
{
	return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

/* Vowel signs and accents belong to the letter before them (Devanagari, decomposed Latin). */
static bool is_mark(utf8proc_category_t category)
{
	return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC;
}

/* Letters that nobody sees (Hangul fillers) fold to nothing: names of them would all be one. */
static bool is_invisible(uint32_t code_point)
{
	return utf8proc_get_property((utf8proc_int32_t)code_point)->ignorable;
}

static bool utf8_is_name(const char *text, int code_points_max, bool is_user)
{
	const char *end = text + strlen(text);
	int count = 0;
	for (; text < end; count++) {
		uint32_t code_point;
		size_t used = code_point_decode(text, (size_t)(end - text), &code_point);
		if (!used)
			return false;
		text += used;
		utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)code_point);
		bool is_digit = category == UTF8PROC_CATEGORY_ND;
		bool is_sign = code_point < 0x80 && code_point > 0 && strchr("_-.[]{}|^", (int)code_point);
		if (is_invisible(code_point))
			return false;
		if (!is_letter(category) && !is_digit && !is_sign && !(count && is_mark(category)))
			return false;
		if (!count && is_user && (is_digit || code_point == '-'))
			return false;
	}
	return count >= 1 && count <= code_points_max;
}

bool utf8_is_user_name(const char *text)
{
	return utf8_is_name(text, LIMIT_NAME_CODE_POINTS, true);
}

bool utf8_is_room_name(const char *text)
{
	return *text == '#' && utf8_is_name(text + 1, LIMIT_ROOM_CODE_POINTS, false);
}
