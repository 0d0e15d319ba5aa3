#include "chat/people/pairs.h"

#include <string.h>

bool pairs_next(struct pairs *pairs)
{
	if (!*pairs->at)
		return false;
	pairs->key = pairs->at;
	pairs->key_bytes = strcspn(pairs->key, "\n");
	pairs->value = pairs->key + pairs->key_bytes + 1;
	pairs->value_bytes = strcspn(pairs->value, "\n");
	pairs->at = pairs->value + pairs->value_bytes + 1;
	return true;
}

static char *pairs_copy(struct arena *arena, const char *text, size_t bytes)
{
	char *copy = arena_zero(arena, bytes + 1);
	memcpy(copy, text, bytes);
	return copy;
}

char *pairs_value(const struct pairs *pairs, struct arena *arena)
{
	return pairs_copy(arena, pairs->value, pairs->value_bytes);
}

char *pairs_key(const struct pairs *pairs, struct arena *arena)
{
	return pairs_copy(arena, pairs->key, pairs->key_bytes);
}

bool pairs_is_key(const struct pairs *pairs, const char *key)
{
	return strlen(key) == pairs->key_bytes && !memcmp(key, pairs->key, pairs->key_bytes);
}
