#include "base/text/emoji.h"

#include "base/text/code_point.h"
#include "base/text/unicode_table.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#define JOINER        0x200d
#define KEYCAP        0x20e3
#define TAG_FIRST     0xe0020
#define TAG_LAST      0xe007e
#define TAG_END       0xe007f
#define INDICATOR     0x1f1e6 /* the regional indicator A; two of them are a flag */
#define INDICATOR_END 0x1f200

/* Reads one code point at a time; `point` is 0 at the end. */
struct walk {
	const char *at, *end;
	uint32_t point;
};

static void emoji_advance(struct walk *walk)
{
	walk->point = 0;
	if (walk->at < walk->end)
		walk->at += code_point_read(walk->at, (size_t)(walk->end - walk->at), &walk->point);
}

static bool skip(struct walk *walk, bool is_there)
{
	if (is_there)
		emoji_advance(walk);
	return is_there;
}

static int emoji_compare(const void *key, const void *element)
{
	uint32_t code_point = *(const uint32_t *)key;
	const struct emoji_range *range = element;
	return code_point < range->first ? -1 : code_point > range->last;
}

bool emoji_is_symbol(uint32_t code_point)
{
	return code_point >= 0x80 &&
	       bsearch(&code_point, emoji_ranges, emoji_ranges_count, sizeof *emoji_ranges, emoji_compare);
}

bool emoji_is_skin_tone(uint32_t code_point)
{
	return code_point >= 0x1f3fb && code_point <= 0x1f3ff;
}

/* True for U+FE0E and U+FE0F, which ask for a picture or for a sign. */
static bool emoji_is_selector(uint32_t code_point)
{
	return code_point == 0xfe0e || code_point == 0xfe0f;
}

static bool is_indicator(uint32_t code_point)
{
	return code_point >= INDICATOR && code_point < INDICATOR_END;
}

static bool is_pictograph(uint32_t code_point)
{
	return utf8proc_get_property((utf8proc_int32_t)code_point)->boundclass ==
	       UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC;
}

static bool is_keycap_base(uint32_t code_point)
{
	return (code_point >= '0' && code_point <= '9') || code_point == '#' || code_point == '*';
}

/* Takes the modifiers that may follow a symbol: a selector, a skin tone, the tags of a region's flag. */
static bool take_modifiers(struct walk *walk)
{
	skip(walk, emoji_is_selector(walk->point));
	if (skip(walk, emoji_is_skin_tone(walk->point)))
		skip(walk, emoji_is_selector(walk->point));
	if (walk->point < TAG_FIRST || walk->point > TAG_LAST)
		return true;
	while (walk->point >= TAG_FIRST && walk->point <= TAG_LAST)
		emoji_advance(walk);
	return skip(walk, walk->point == TAG_END);
}

/* A skin tone alone is an emoji, but begins no sequence: "🏽🏽" and a tone that is joined to somebody are several. */
static bool take_joined(struct walk *walk)
{
	if (skip(walk, emoji_is_skin_tone(walk->point))) {
		skip(walk, emoji_is_selector(walk->point));
		return true;
	}
	if (!skip(walk, emoji_is_symbol(walk->point)) || !take_modifiers(walk))
		return false;
	while (skip(walk, walk->point == JOINER))
		if (!skip(walk, is_pictograph(walk->point)) || !take_modifiers(walk))
			return false;
	return true;
}

bool emoji_is_one(const char *text)
{
	struct walk walk = {.at = text, .end = text + strlen(text)};
	emoji_advance(&walk);
	if (is_keycap_base(walk.point)) {
		emoji_advance(&walk);
		skip(&walk, emoji_is_selector(walk.point));
		return skip(&walk, walk.point == KEYCAP) && !walk.point;
	}
	if (is_indicator(walk.point)) {
		emoji_advance(&walk);
		skip(&walk, is_indicator(walk.point));
		return !walk.point;
	}
	return take_joined(&walk) && !walk.point;
}

void emoji_fold(char *text)
{
	char *to = text;
	for (const char *end = text + strlen(text); text < end;) {
		uint32_t point;
		size_t bytes = code_point_read(text, (size_t)(end - text), &point);
		if (!emoji_is_selector(point)) {
			memmove(to, text, bytes);
			to += bytes;
		}
		text += bytes;
	}
	*to = '\0';
}
