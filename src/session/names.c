#include "session/names.h"

#include "base/memory.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

/* The index of the name, or `count`. */
static size_t find(const struct names *names, const char *folded)
{
	size_t i = 0;
	while (i < names->count && strcmp(names->items[i].folded, folded) != 0)
		i++;
	return i;
}

static void release_item(struct name *item)
{
	free(item->shown);
	free(item->folded);
}

void names_release(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		release_item(&names->items[i]);
	free(names->items);
	*names = (struct names){0};
}

void names_add(struct names *names, const char *name)
{
	char *folded = utf8_fold(name);
	if (!folded || names->count == NAMES_MAX || find(names, folded) < names->count) {
		free(folded);
		return;
	}
	names->items = mem_grow(names->items, &names->capacity, names->count + 1, sizeof *names->items);
	names->items[names->count++] = (struct name){mem_string(name), folded};
}

void names_remove(struct names *names, const char *name)
{
	char *folded = utf8_fold(name);
	size_t at = folded ? find(names, folded) : names->count;
	free(folded);
	if (at == names->count)
		return;
	release_item(&names->items[at]);
	names->items[at] = names->items[--names->count];
}

bool names_has(const struct names *names, const char *name)
{
	char *folded = utf8_fold(name);
	bool has = folded && find(names, folded) < names->count;
	free(folded);
	return has;
}

bool names_equal(const char *one, const char *other)
{
	if (!strcmp(one, other))
		return true;
	char *left = utf8_fold(one), *right = utf8_fold(other);
	bool equal = left && right && !strcmp(left, right);
	free(left);
	free(right);
	return equal;
}
