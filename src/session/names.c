#include "session/names.h"

#include "base/memory.h"
#include "base/text/utf8.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* The index of the name, or `count`. */
static size_t names_index(const struct names *names, const char *folded)
{
	size_t i = 0;
	while (i < names->count && strcmp(names->items[i].folded, folded) != 0)
		i++;
	return i;
}

static void names_free_item(struct name *item)
{
	free(item->shown);
	free(item->folded);
}

void names_release(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		names_free_item(&names->items[i]);
	free(names->items);
	*names = (struct names){0};
}

struct name *names_add(struct names *names, const char *name)
{
	assert(name);
	char *folded = utf8_fold(name);
	size_t at = folded ? names_index(names, folded) : names->count;
	if (!folded || at < names->count || names->count == NAMES_MAX) {
		free(folded);
		return at < names->count ? &names->items[at] : NULL;
	}
	names->items = mem_grow(names->items, &names->capacity, names->count + 1, sizeof *names->items);
	names->items[names->count] = (struct name){.shown = mem_string(name), .folded = folded};
	return &names->items[names->count++];
}

void names_remove(struct names *names, const char *name)
{
	char *folded = utf8_fold(name);
	size_t at = folded ? names_index(names, folded) : names->count;
	free(folded);
	if (at == names->count)
		return;
	names_free_item(&names->items[at]);
	names->items[at] = names->items[--names->count];
}

struct name *names_find(const struct names *names, const char *name)
{
	char *folded = utf8_fold(name);
	size_t at = folded ? names_index(names, folded) : names->count;
	free(folded);
	return at < names->count ? &names->items[at] : NULL;
}

bool names_has(const struct names *names, const char *name)
{
	return names_find(names, name) != NULL;
}

static bool is_ascii(const char *text)
{
	while (*text && !(*text & 0x80))
		text++;
	return !*text;
}

bool names_equal(const char *one, const char *other)
{
	if (!strcmp(one, other))
		return true;
	/* Folding is much work for what is asked for every entry and every room. */
	if (is_ascii(one) && is_ascii(other))
		return !strcasecmp(one, other);
	char *left = utf8_fold(one), *right = utf8_fold(other);
	bool equal = left && right && !strcmp(left, right);
	free(left);
	free(right);
	return equal;
}

static bool ends_word(char c)
{
	bool is_letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || (c & 0x80);
	return !is_letter;
}

bool names_mentioned(const char *text, const char *name)
{
	if (!*name || (is_ascii(text) && is_ascii(name) && !strcasestr(text, name)))
		return false;
	char *folded = utf8_fold(text), *wanted = utf8_fold(name);
	bool found = false;
	for (const char *at = folded; at && wanted && *wanted && (at = strstr(at, wanted)) && !found; at++)
		found = (at == folded || ends_word(at[-1])) && ends_word(at[strlen(wanted)]);
	free(folded);
	free(wanted);
	return found;
}
