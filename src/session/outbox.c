#include "session/outbox.h"

#include "base/buffer.h"
#include "base/file.h"
#include "base/memory.h"
#include "session/random.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void outbox_init(struct outbox *outbox)
{
	*outbox = (struct outbox){0};
	outbox->end = &outbox->first;
	random_word(outbox->prefix, sizeof outbox->prefix);
}

static void free_item(struct outbox_item *item)
{
	json_decref(item->seen);
	json_decref(item->files);
	free(item->shown);
	free(item->room);
	free(item->text);
	free(item);
}

void outbox_release(struct outbox *outbox)
{
	while (outbox->first) {
		struct outbox_item *item = outbox->first;
		outbox->first = item->next;
		free_item(item);
	}
	*outbox = (struct outbox){0};
}

struct outbox_item *outbox_add(struct outbox *outbox, enum outbox_kind kind, const char *room,
			       const char *text)
{
	assert(outbox->end && room && text);
	struct outbox_item *item = mem_zero(sizeof *item);
	snprintf(item->id, sizeof item->id, "%s-%llu", outbox->prefix, (unsigned long long)++outbox->number);
	item->room = mem_string(room);
	item->text = mem_string(text);
	item->kind = kind;
	*outbox->end = item;
	outbox->end = &item->next;
	outbox->count++;
	return item;
}

void outbox_set_files(struct outbox_item *item, json_t *files)
{
	assert(!item->files && !item->shown);
	struct buffer shown = BUFFER_EMPTY;
	size_t i;
	json_t *file;
	buffer_add_string(&shown, item->text);
	json_array_foreach(files, i, file)
	{
		const char *name = json_string_value(json_object_get(file, "name"));
		if (buffer_length(&shown))
			buffer_add_char(&shown, '\n');
		buffer_add_string(&shown, name ? name : "");
		buffer_add_string(&shown, " (");
		file_add_size(&shown, json_integer_value(json_object_get(file, "bytes")));
		buffer_add_char(&shown, ')');
	}
	item->files = json_incref(files);
	item->shown = mem_string(buffer_string(&shown));
	buffer_release(&shown);
}

struct outbox_item *outbox_find(const struct outbox *outbox, const char *id)
{
	struct outbox_item *item = outbox->first;
	while (item && strcmp(item->id, id) != 0)
		item = item->next;
	return item;
}

void outbox_remove(struct outbox *outbox, struct outbox_item *item)
{
	assert(outbox->count && (!item->is_under_way || outbox->under_way));
	struct outbox_item **at = &outbox->first;
	while (*at != item)
		at = &(*at)->next;
	*at = item->next;
	if (!item->next)
		outbox->end = at;
	outbox->count--;
	outbox->under_way -= item->is_under_way;
	free_item(item);
}

void outbox_mark_sent(struct outbox *outbox, struct outbox_item *item)
{
	outbox->under_way += !item->is_under_way;
	item->is_under_way = item->is_in_doubt = true;
}

void outbox_put_off(struct outbox *outbox, struct outbox_item *item, int64_t not_before_ms)
{
	assert(!item->is_under_way || outbox->under_way);
	outbox->under_way -= item->is_under_way;
	item->is_under_way = false;
	item->not_before_ms = not_before_ms;
	item->refusals++;
}

void outbox_line_broke(struct outbox *outbox)
{
	for (struct outbox_item *item = outbox->first; item; item = item->next)
		item->is_under_way = false;
	outbox->under_way = 0;
}

struct outbox_item *outbox_find_in_doubt(const struct outbox *outbox, const char *room, const char *text)
{
	struct outbox_item *item = outbox->first;
	while (item && (item->kind != OUTBOX_SEND || !item->is_in_doubt || item->seen ||
			strcmp(item->room, room) != 0 || strcmp(item->text, text) != 0))
		item = item->next;
	return item;
}

bool outbox_any_under_way(const struct outbox *outbox, const char *room)
{
	for (struct outbox_item *item = outbox->first; item; item = item->next)
		if (item->is_under_way && !strcmp(item->room, room))
			return true;
	return false;
}

bool outbox_any_in_doubt(const struct outbox *outbox)
{
	for (struct outbox_item *item = outbox->first; item; item = item->next)
		if (item->is_in_doubt)
			return true;
	return false;
}
