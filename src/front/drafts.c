#include "front/drafts.h"

#include "base/memory.h"
#include "session/names.h"

#include <stdlib.h>
#include <string.h>

static void free_draft(struct draft *draft)
{
	free(draft->room);
	free(draft->text);
}

void drafts_release(struct drafts *drafts)
{
	for (size_t i = 0; i < drafts->count; i++)
		free_draft(&drafts->items[i]);
	free(drafts->items);
	*drafts = (struct drafts){0};
}

static size_t drafts_index(const struct drafts *drafts, const char *room)
{
	size_t at = 0;
	while (at < drafts->count && !names_equal(drafts->items[at].room, room ? room : ""))
		at++;
	return at;
}

char *drafts_take(struct drafts *drafts, const char *room)
{
	size_t at = drafts_index(drafts, room);
	if (at == drafts->count)
		return NULL;
	char *text = drafts->items[at].text;
	free(drafts->items[at].room);
	drafts->items[at] = drafts->items[--drafts->count];
	return text;
}

const char *drafts_find(const struct drafts *drafts, const char *room)
{
	size_t at = drafts_index(drafts, room);
	return at < drafts->count ? drafts->items[at].text : NULL;
}

void drafts_keep(struct drafts *drafts, const char *room, const char *text)
{
	/* `text` may be the one that is replaced. */
	char *kept = *text ? mem_string(text) : NULL;
	free(drafts_take(drafts, room));
	if (!kept)
		return;
	drafts->items = mem_grow(drafts->items, &drafts->capacity, drafts->count + 1, sizeof *drafts->items);
	drafts->items[drafts->count++] = (struct draft){mem_string(room ? room : ""), kept};
}

void drafts_rename(struct drafts *drafts, const char *old_room, const char *room)
{
	size_t at = drafts_index(drafts, old_room), other = drafts_index(drafts, room);
	if (at == drafts->count || at == other)
		return;
	if (other < drafts->count)
		free(drafts_take(drafts, room));
	at = drafts_index(drafts, old_room);
	free(drafts->items[at].room);
	drafts->items[at].room = mem_string(room ? room : "");
}
