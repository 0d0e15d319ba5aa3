#include "base/text/confusable.h"

#include "base/text/unicode_table.h"

#include <stdlib.h>

static int confusable_compare(const void *key, const void *element)
{
	uint32_t code_point = *(const uint32_t *)key;
	const struct confusable *confusable = element;
	return code_point < confusable->code_point ? -1 : code_point > confusable->code_point;
}

/* Most names are ASCII, of which a handful looks like others. */
static const struct confusable *find_ascii(uint32_t code_point)
{
	for (const struct confusable *at = confusables; at->code_point < 0x80; at++)
		if (at->code_point == code_point)
			return at;
	return NULL;
}

const char *confusable_prototype(uint32_t code_point)
{
	const struct confusable *found = code_point < 0x80
					     ? find_ascii(code_point)
					     : bsearch(&code_point, confusables, confusables_count,
						       sizeof *confusables, confusable_compare);
	return found ? confusable_prototypes + found->prototype : NULL;
}
