#include "base/script.h"

#include "base/text/code_point.h"
#include "base/text/unicode_table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static int compare_range(const void *key, const void *element)
{
	uint32_t code_point = *(const uint32_t *)key;
	const struct script_range *range = element;
	return code_point < range->first ? -1 : code_point > range->last;
}

static const struct script_set *set_of(uint32_t code_point)
{
	static const struct script_set none;
	const struct script_range *range =
	    bsearch(&code_point, script_ranges, script_ranges_count, sizeof *script_ranges, compare_range);
	return range ? &script_sets[range->set] : &none;
}

static struct script_set intersect(struct script_set one, const struct script_set *other)
{
	for (int i = 0; i < SCRIPT_SET_WORDS; i++)
		one.bits[i] &= other->bits[i];
	return one;
}

static bool is_empty(struct script_set set)
{
	uint64_t bits = 0;
	for (int i = 0; i < SCRIPT_SET_WORDS; i++)
		bits |= set.bits[i];
	return !bits;
}

bool script_is_highly_restrictive(const char *text)
{
	/* The scripts that all of the text may be, and those that what is not Latin may be. */
	struct script_set all = script_sets[0], beside_latin = script_beside_latin;
	assert(!is_empty(all));
	for (const char *end = text + strlen(text); text < end;) {
		uint32_t code_point;
		text += code_point_read(text, (size_t)(end - text), &code_point);
		if (code_point < 0x80 && !((code_point | 0x20) >= 'a' && (code_point | 0x20) <= 'z'))
			continue;
		const struct script_set *set = set_of(code_point);
		all = intersect(all, set);
		if (is_empty(intersect(script_latin, set)))
			beside_latin = intersect(beside_latin, set);
	}
	return !is_empty(all) || !is_empty(beside_latin);
}
