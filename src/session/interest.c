#include "session/interest.h"

#include <string.h>

static const char *const level_names[] = {
    [INTEREST_NOTHING] = "nothing", [INTEREST_MENTIONS] = "mentions", [INTEREST_ALL] = "all"};

void interest_release(struct interest *interest)
{
	names_release(&interest->words);
	names_release(&interest->ignored);
	for (int level = INTEREST_NOTHING; level <= INTEREST_ALL; level++)
		names_release(&interest->rooms[level]);
}

bool interest_means(const struct interest *interest, const char *text)
{
	for (size_t i = 0; i < interest->words.count; i++)
		if (names_mentioned(text, interest->words.items[i].shown))
			return true;
	return false;
}

bool interest_ignores(const struct interest *interest, const char *name)
{
	return names_has(&interest->ignored, name);
}

enum interest_level interest_of(const struct interest *interest, const char *room)
{
	for (int level = INTEREST_NOTHING; level <= INTEREST_ALL; level++)
		if (interest->rooms[level].count && names_has(&interest->rooms[level], room))
			return (enum interest_level)level;
	return interest->level;
}

void interest_set(struct interest *interest, const char *room, enum interest_level level)
{
	for (int other = INTEREST_NOTHING; other <= INTEREST_ALL; other++)
		names_remove(&interest->rooms[other], room);
	names_add(&interest->rooms[level], room);
}

bool interest_read_level(const char *word, enum interest_level *level)
{
	for (int i = INTEREST_NOTHING; i <= INTEREST_ALL; i++)
		if (!strcmp(word, level_names[i])) {
			*level = (enum interest_level)i;
			return true;
		}
	return false;
}

const char *interest_level_name(enum interest_level level)
{
	return level_names[level];
}
