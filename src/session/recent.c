#include "session/recent.h"

#include "base/memory.h"
#include "session/names.h"

#include <stdlib.h>

static void release_item(struct recent_item *item)
{
	free(item->name);
	free(item->text);
}

void recent_release(struct recent *recent)
{
	for (size_t i = 0; i < recent->count; i++)
		release_item(&recent->items[i]);
	recent->count = 0;
}

static struct recent_item *find(struct recent *recent, int64_t seq)
{
	for (size_t i = 0; i < recent->count; i++)
		if (recent->items[i].seq == seq)
			return &recent->items[i];
	return NULL;
}

static struct recent_item *oldest(struct recent *recent)
{
	struct recent_item *item = recent->items;
	for (size_t i = 1; i < recent->count; i++)
		if (recent->items[i].seq < item->seq)
			item = &recent->items[i];
	return item;
}

void recent_add(struct recent *recent, int64_t seq, const char *name, const char *text)
{
	struct recent_item *item = find(recent, seq);
	if (!item && recent->count == RECENT_MAX) {
		item = oldest(recent);
		/* A page of old messages does not drive out newer ones. */
		if (item->seq > seq)
			return;
	}
	if (item)
		release_item(item);
	else
		item = &recent->items[recent->count++];
	*item = (struct recent_item){.seq = seq, .name = mem_string(name), .text = mem_string(text)};
}

void recent_change(struct recent *recent, int64_t seq, const char *text)
{
	struct recent_item *item = find(recent, seq);
	if (!item)
		return;
	char *copy = mem_string(text);
	free(item->text);
	item->text = copy;
}

void recent_forget(struct recent *recent, int64_t seq)
{
	struct recent_item *item = find(recent, seq);
	if (!item)
		return;
	release_item(item);
	*item = recent->items[--recent->count];
}

const struct recent_item *recent_find(const struct recent *recent, int64_t seq)
{
	for (size_t i = 0; i < recent->count; i++)
		if (recent->items[i].seq == seq)
			return &recent->items[i];
	return NULL;
}

const struct recent_item *recent_last(const struct recent *recent, const char *name, bool is_own)
{
	const struct recent_item *last = NULL;
	for (size_t i = 0; i < recent->count; i++) {
		const struct recent_item *item = &recent->items[i];
		if ((!last || item->seq > last->seq) && names_equal(item->name, name) == is_own)
			last = item;
	}
	return last;
}
