#include "base/text/name.h"

#include "base/text/code_point.h"
#include "base/text/confusable.h"
#include "base/limits.h"
#include "base/script.h"
#include "base/table.h"
#include "base/text/utf8.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

/* Two code points a byte are the most that canonical decomposition makes of UTF-8. */
#define POINTS_MAX (NAME_SKELETON_BYTES * 2)

/* The server's own name, and the services that people know from IRC. */
static const char *const reserved[] = {
    "brusio", "NickServ", "ChanServ", "MemoServ", "HostServ", "OperServ", "SaslServ", "Services", "Global",
};

/* The canonical decomposition of the first NAME_SKELETON_BYTES of the text; 0 where it is not valid UTF-8. */
static size_t decompose(const char *text, utf8proc_int32_t points[POINTS_MAX])
{
	size_t bytes = utf8_prefix(text, strlen(text), NAME_SKELETON_BYTES);
	utf8proc_ssize_t count = utf8proc_decompose((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)bytes,
						    points, POINTS_MAX, UTF8PROC_DECOMPOSE | UTF8PROC_STABLE);
	assert(count <= POINTS_MAX);
	return count > 0 ? (size_t)count : 0;
}

static bool is_nonspacing(utf8proc_int32_t point)
{
	utf8proc_category_t category = utf8proc_category(point);
	return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_ME;
}

bool name_has_few_marks(const char *text)
{
	utf8proc_int32_t points[POINTS_MAX];
	size_t count = decompose(text, points);
	int stacked = 0, beside = 0;
	for (size_t i = 0; i < count; i++) {
		if (is_nonspacing(points[i]))
			stacked++;
		else if (utf8proc_category(points[i]) == UTF8PROC_CATEGORY_MC)
			beside++;
		else
			stacked = beside = 0;
		if (stacked > NAME_MARKS_MAX || beside > NAME_MARKS_MAX)
			return false;
	}
	return true;
}

static size_t name_add_text(char *to, size_t length, const char *text, size_t bytes)
{
	if (length + bytes >= NAME_SKELETON_BYTES)
		return length;
	memcpy(to + length, text, bytes);
	return length + bytes;
}

static size_t name_add_point(char *to, size_t length, utf8proc_int32_t point)
{
	char text[CODE_POINT_BYTES_MAX];
	return name_add_text(to, length, text, code_point_write(text, (uint32_t)point));
}

/* Most names are ASCII, where nothing is decomposed. Returns false where the name is not. */
static bool make_ascii(const char *name, char skeleton[NAME_SKELETON_BYTES], size_t *length)
{
	*length = 0;
	for (; *name; name++) {
		unsigned char byte = (unsigned char)*name;
		const char *prototype = byte < 0x80 ? confusable_prototype(byte) : NULL;
		if (byte >= 0x80)
			return false;
		*length = prototype ? name_add_text(skeleton, *length, prototype, strlen(prototype))
				    : name_add_text(skeleton, *length, name, 1);
	}
	skeleton[*length] = '\0';
	return true;
}

/* Each code point gives way to its prototype. */
static void replace(const utf8proc_int32_t *points, size_t count, char text[NAME_SKELETON_BYTES])
{
	size_t length = 0;
	for (size_t i = 0; i < count; i++) {
		const char *prototype = confusable_prototype((uint32_t)points[i]);
		length = prototype ? name_add_text(text, length, prototype, strlen(prototype))
				   : name_add_point(text, length, points[i]);
	}
	text[length] = '\0';
}

size_t name_skeleton(const char *name, char skeleton[NAME_SKELETON_BYTES])
{
	utf8proc_int32_t points[POINTS_MAX];
	char replaced[NAME_SKELETON_BYTES];
	size_t length;
	if (make_ascii(name, skeleton, &length))
		return length;
	replace(points, decompose(name, points), replaced);
	/* Prototypes may bring marks, which come into their order. One mark hides another of the same kind.
	 */
	size_t count = decompose(replaced, points);
	length = 0;
	for (size_t i = 0; i < count; i++)
		if (!i || points[i] != points[i - 1] || !is_nonspacing(points[i]))
			length = name_add_point(skeleton, length, points[i]);
	skeleton[length] = '\0';
	return length;
}

/* The skeleton of the name in small letters. */
static size_t fold_skeleton(const char *name, char skeleton[NAME_SKELETON_BYTES])
{
	char *folded = utf8_fold(name);
	*skeleton = '\0';
	size_t length = folded ? name_skeleton(folded, skeleton) : 0;
	free(folded);
	return length;
}

struct name_look name_look(const char *name)
{
	char skeleton[NAME_SKELETON_BYTES];
	struct name_look look;
	look.written = table_hash(skeleton, name_skeleton(name, skeleton));
	look.folded = table_hash(skeleton, fold_skeleton(name, skeleton));
	return look;
}

uint64_t name_look_folded(const char *folded)
{
	char skeleton[NAME_SKELETON_BYTES];
	return table_hash(skeleton, name_skeleton(folded, skeleton));
}

/* Reserved names give more room than others: no spelling of them in any case, with "i", "l" and "1" or "o"
 * and "0" for each other, is anybody's. */
static void reserve_key(const char *name, char key[NAME_SKELETON_BYTES])
{
	fold_skeleton(name, key);
	for (char *at = key; *at; at++)
		*at = *at == 'i' || *at == 'I' ? 'l' : (char)tolower((unsigned char)*at);
}

static bool is_reserved(const char *name)
{
	char key[NAME_SKELETON_BYTES], other[NAME_SKELETON_BYTES];
	reserve_key(name, key);
	for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++) {
		reserve_key(reserved[i], other);
		if (!strcmp(key, other))
			return true;
	}
	return false;
}

/* Letters that phoneticians write, small capitals above all, look like those of people's names and are in nobody's: TS 39
 * does not allow them in identifiers. */
static bool has_phonetic(const char *name)
{
	static const uint32_t ranges[][2] = {{0x262, 0x262},   {0x274, 0x274},   {0x276, 0x276},
					     {0x281, 0x281},   {0x299, 0x299},   {0x29c, 0x29c},
					     {0x29f, 0x29f},   {0x1d00, 0x1dbf}, {0xa730, 0xa731},
					     {0xa7af, 0xa7af}, {0xa7fa, 0xa7fa}};
	utf8proc_int32_t points[POINTS_MAX];
	size_t count = decompose(name, points);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < sizeof ranges / sizeof *ranges; k++)
			if ((uint32_t)points[i] >= ranges[k][0] && (uint32_t)points[i] <= ranges[k][1])
				return true;
	return false;
}

enum name_verdict name_check(const char *name)
{
	if (!utf8_is_user_name(name))
		return NAME_BAD;
	if (!name_has_few_marks(name))
		return NAME_MARKS;
	if (!script_is_highly_restrictive(name) || has_phonetic(name))
		return NAME_MIXED;
	return is_reserved(name) ? NAME_RESERVED : NAME_OK;
}

/* Letters that nobody sees (Hangul fillers) are none: names of them would all be one. */
static bool is_letter_or_digit(uint32_t code_point)
{
	const utf8proc_property_t *property = utf8proc_get_property((utf8proc_int32_t)code_point);
	return property->category >= UTF8PROC_CATEGORY_LU && property->category <= UTF8PROC_CATEGORY_NO &&
	       !property->ignorable;
}

/* A sign beyond ASCII may look like one that means something, such as a badge. */
static bool is_display_sign(uint32_t code_point)
{
	return code_point == 0x2019 || (code_point < 0x80 && strchr(" '.,-_()&+/", (int)code_point));
}

static bool has_display_shape(const char *display)
{
	size_t left = strlen(display), count = 0;
	uint32_t code_point, before = ' ';
	bool has_letter = false;
	for (size_t used; left; display += used, left -= used, count++) {
		used = code_point_decode(display, left, &code_point);
		if (!used || (!is_letter_or_digit(code_point) && !is_display_sign(code_point)))
			return false;
		if (code_point == ' ' && before == ' ')
			return false;
		has_letter |= is_letter_or_digit(code_point);
		before = code_point;
	}
	return has_letter && before != ' ' && count <= LIMIT_DISPLAY_CODE_POINTS;
}

void name_plain(const char *display, char plain[NAME_PLAIN_BYTES])
{
	size_t left = strlen(display), length = 0;
	uint32_t code_point;
	for (size_t used; left; display += used, left -= used) {
		used = code_point_read(display, left, &code_point);
		if (is_letter_or_digit(code_point) && length + used < NAME_PLAIN_BYTES) {
			memcpy(plain + length, display, used);
			length += used;
		}
	}
	plain[length] = '\0';
}

enum name_verdict name_check_display(const char *display)
{
	char plain[NAME_PLAIN_BYTES];
	if (!has_display_shape(display))
		return NAME_BAD;
	if (!name_has_few_marks(display))
		return NAME_MARKS;
	if (!script_is_highly_restrictive(display) || has_phonetic(display))
		return NAME_MIXED;
	name_plain(display, plain);
	return is_reserved(plain) ? NAME_RESERVED : NAME_OK;
}
