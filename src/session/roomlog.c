#include "session/roomlog.h"

#include "base/clock.h"
#include "base/memory.h"
#include "session/names.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REACTIONS_MAX 64 /* of a message; a server that sends more is not believed */

static const char *roomlog_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

static void roomlog_set(char **slot, const char *text)
{
	char *copy = mem_string(text);
	free(*slot);
	*slot = copy;
}

static void free_reaction(struct roomlog_reaction *reaction)
{
	for (size_t i = 0; i < reaction->name_count; i++)
		free(reaction->names[i]);
	free(reaction->names);
	free(reaction->emoji);
}

static void free_reactions(struct roomlog_item *item)
{
	for (size_t i = 0; i < item->reaction_count; i++)
		free_reaction(&item->reactions[i]);
	free(item->reactions);
	item->reactions = NULL;
	item->reaction_count = item->reaction_capacity = 0;
}

static void roomlog_free_item(struct roomlog_item *item)
{
	free_reactions(item);
	json_decref(item->files);
	free(item->said);
	free(item->name);
	free(item->text);
	free(item);
}

void roomlog_clear(struct roomlog *log)
{
	for (size_t i = 0; i < log->count; i++)
		roomlog_free_item(log->items[i]);
	log->count = 0;
	log->is_complete = log->is_behind = log->is_paging = log->has_missed = false;
	log->generation++;
}

void roomlog_release(struct roomlog *log)
{
	roomlog_clear(log);
	free(log->items);
	*log = (struct roomlog){0};
}

size_t roomlog_index(const struct roomlog *log, int64_t seq)
{
	size_t low = 0, high = log->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (log->items[middle]->seq < seq)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct roomlog_item *roomlog_find(const struct roomlog *log, int64_t seq)
{
	for (size_t i = roomlog_index(log, seq); i < log->count && log->items[i]->seq == seq; i++)
		if (log->items[i]->kind == ROOMLOG_MESSAGE)
			return log->items[i];
	return NULL;
}

int64_t roomlog_first_seq(const struct roomlog *log)
{
	for (size_t i = 0; i < log->count; i++)
		if (log->items[i]->kind == ROOMLOG_MESSAGE)
			return log->items[i]->seq;
	return 0;
}

int64_t roomlog_last_seq(const struct roomlog *log)
{
	for (size_t i = log->count; i-- > 0;)
		if (log->items[i]->kind == ROOMLOG_MESSAGE)
			return log->items[i]->seq;
	return 0;
}

static struct roomlog_item *roomlog_insert(struct roomlog *log, size_t at, int64_t seq,
					   enum roomlog_kind kind)
{
	struct roomlog_item *item = mem_zero(sizeof *item);
	*item = (struct roomlog_item){.seq = seq, .kind = kind};
	item->name = mem_string("");
	item->text = mem_string("");
	log->items = mem_grow(log->items, &log->capacity, log->count + 1, sizeof *log->items);
	memmove(log->items + at + 1, log->items + at, (log->count - at) * sizeof *log->items);
	log->items[at] = item;
	log->count++;
	log->generation++;
	assert(!at || log->items[at - 1]->seq <= seq); /* 1 */
	assert(at + 1 == log->count || seq <= log->items[at + 1]->seq);
	return item;
}

/* The item of this kind and number: the one that is there, or a new one before what only came behind it. */
static struct roomlog_item *roomlog_put(struct roomlog *log, int64_t seq, enum roomlog_kind kind)
{
	size_t at = roomlog_index(log, seq);
	for (size_t i = at; i < log->count && log->items[i]->seq == seq; i++)
		if (log->items[i]->kind == kind) {
			log->generation++;
			return log->items[i];
		}
	return roomlog_insert(log, at, seq, kind);
}

static struct roomlog_reaction *reaction_of(struct roomlog_item *item, const char *emoji)
{
	for (size_t i = 0; i < item->reaction_count; i++)
		if (!strcmp(item->reactions[i].emoji, emoji))
			return &item->reactions[i];
	return NULL;
}

static struct roomlog_reaction *add_reaction(struct roomlog_item *item, const char *emoji)
{
	if (item->reaction_count >= REACTIONS_MAX)
		return NULL;
	item->reactions = mem_grow(item->reactions, &item->reaction_capacity, item->reaction_count + 1,
				   sizeof *item->reactions);
	struct roomlog_reaction *reaction = &item->reactions[item->reaction_count++];
	*reaction = (struct roomlog_reaction){.emoji = mem_string(emoji)};
	return reaction;
}

static void add_reactor(struct roomlog_reaction *reaction, const char *name)
{
	reaction->names = mem_grow(reaction->names, &reaction->name_capacity, reaction->name_count + 1,
				   sizeof *reaction->names);
	reaction->names[reaction->name_count++] = mem_string(name);
}

static size_t reactor_index(const struct roomlog_reaction *reaction, const char *name)
{
	size_t at = 0;
	while (at < reaction->name_count && !names_equal(reaction->names[at], name))
		at++;
	return at;
}

bool roomlog_has_reacted(const struct roomlog_item *item, const char *emoji, const char *name)
{
	for (size_t i = 0; i < item->reaction_count; i++)
		if (!strcmp(item->reactions[i].emoji, emoji))
			return reactor_index(&item->reactions[i], name) < item->reactions[i].name_count;
	return false;
}

static void take_reactions(struct roomlog_item *item, const json_t *reactions)
{
	size_t i, k;
	json_t *one, *name;
	free_reactions(item);
	json_array_foreach(reactions, i, one)
	{
		const json_t *names = json_object_get(one, "names");
		struct roomlog_reaction *reaction = add_reaction(item, roomlog_text(one, "emoji"));
		if (!reaction)
			return;
		json_array_foreach(names, k, name)
		{
			if (json_is_string(name))
				add_reactor(reaction, json_string_value(name));
		}
		reaction->count = json_integer_value(json_object_get(one, "count"));
		if (reaction->count < (int64_t)reaction->name_count)
			reaction->count = (int64_t)reaction->name_count;
	}
}

void roomlog_react(struct roomlog *log, int64_t seq, const char *emoji, const char *name, bool is_on)
{
	struct roomlog_item *item = roomlog_find(log, seq);
	if (!item || !*emoji)
		return;
	struct roomlog_reaction *reaction = reaction_of(item, emoji);
	if (!reaction && is_on)
		reaction = add_reaction(item, emoji);
	if (!reaction)
		return;
	size_t at = reactor_index(reaction, name);
	bool is_there = at < reaction->name_count;
	log->generation++;
	if (is_on && !is_there) {
		add_reactor(reaction, name);
		reaction->count++;
	} else if (!is_on && is_there) {
		free(reaction->names[at]);
		reaction->names[at] = reaction->names[--reaction->name_count];
		reaction->count--;
	}
	if (reaction->count > 0)
		return;
	free_reaction(reaction);
	*reaction = item->reactions[--item->reaction_count];
}

static void keep_files(struct roomlog_item *item, json_t *files, const char *said)
{
	json_decref(item->files);
	free(item->said);
	bool has_files = json_is_array(files) && json_array_size(files);
	item->files = has_files ? json_incref(files) : NULL;
	item->said = has_files ? mem_string(said) : NULL;
}

void roomlog_set_files(struct roomlog *log, int64_t seq, json_t *files, const char *said)
{
	struct roomlog_item *item = roomlog_find(log, seq);
	if (item)
		keep_files(item, files, said);
}

const char *roomlog_said(const struct roomlog_item *item)
{
	return item->said ? item->said : item->text;
}

/* The lines that name its files stay. */
static void edit_said(struct roomlog_item *item, const char *text)
{
	size_t length = strlen(item->said);
	const char *lines = strncmp(item->text, item->said, length) != 0 ? "" : item->text + length;
	lines += *lines == '\n';
	char *whole = mem_alloc(strlen(text) + strlen(lines) + 2);
	sprintf(whole, "%s%s%s", text, *lines ? "\n" : "", lines);
	roomlog_set(&item->text, whole);
	roomlog_set(&item->said, text);
	free(whole);
}

void roomlog_edit(struct roomlog *log, int64_t seq, const char *text)
{
	struct roomlog_item *item = roomlog_find(log, seq);
	if (!item || item->is_deleted)
		return;
	if (item->said)
		edit_said(item, text);
	else
		roomlog_set(&item->text, text);
	item->is_edited = true;
	log->generation++;
}

void roomlog_delete(struct roomlog *log, int64_t seq)
{
	struct roomlog_item *item = roomlog_find(log, seq);
	if (!item)
		return;
	roomlog_set(&item->text, "");
	free_reactions(item);
	item->is_deleted = true;
	log->generation++;
}

static int64_t time_of(const json_t *object)
{
	int64_t wall_ms;
	const char *text = roomlog_text(object, "time");
	return clock_parse(text, &wall_ms) ? wall_ms : clock_wall_ms();
}

static struct roomlog_item *take_message(struct roomlog *log, const json_t *object, int64_t seq)
{
	struct roomlog_item *item = roomlog_put(log, seq, ROOMLOG_MESSAGE);
	const json_t *reactions = json_object_get(object, "reactions");
	roomlog_set(&item->name, roomlog_text(json_object_get(object, "from"), "name"));
	item->is_deleted = json_is_true(json_object_get(object, "deleted"));
	roomlog_set(&item->text, item->is_deleted ? "" : roomlog_text(object, "message"));
	keep_files(item, item->is_deleted ? NULL : json_object_get(object, "files"),
		   roomlog_text(object, "text"));
	item->time_ms = time_of(object);
	item->reply_to = json_integer_value(json_object_get(object, "reply_to"));
	item->is_action = json_is_true(json_object_get(object, "action"));
	item->is_edited = json_integer_value(json_object_get(object, "edited")) > 0;
	if (reactions)
		take_reactions(item, reactions);
	return item;
}

struct roomlog_item *roomlog_take(struct roomlog *log, const json_t *object, bool is_page)
{
	const char *op = roomlog_text(object, "op");
	int64_t seq = json_integer_value(json_object_get(object, "seq"));
	int64_t target = json_integer_value(json_object_get(object, "target"));
	bool is_message = !*op || !strcmp(op, "message");
	if (seq <= 0)
		return NULL;
	if (!is_page && log->is_behind && (is_message || !strcmp(op, "topic"))) {
		log->has_missed = true;
		return NULL;
	}
	if (is_message)
		return take_message(log, object, seq);
	if (!strcmp(op, "topic")) {
		struct roomlog_item *item = roomlog_put(log, seq, ROOMLOG_TOPIC);
		roomlog_set(&item->text, roomlog_text(object, "message"));
		item->time_ms = time_of(object);
		return item;
	}
	if (!strcmp(op, "edit") && !json_is_true(json_object_get(object, "deleted")))
		roomlog_edit(log, target, roomlog_text(object, "message"));
	else if (!strcmp(op, "delete"))
		roomlog_delete(log, target);
	else if (!strcmp(op, "react"))
		roomlog_react(log, target, roomlog_text(object, "emoji"),
			      roomlog_text(json_object_get(object, "from"), "name"),
			      !json_is_false(json_object_get(object, "on")));
	return roomlog_find(log, target);
}

struct roomlog_item *roomlog_take_own(struct roomlog *log, int64_t seq, const char *name, const char *text,
				      int64_t reply_to, bool is_action, int64_t time_ms)
{
	log->has_missed |= log->is_behind;
	if (log->is_behind || seq <= 0)
		return NULL;
	struct roomlog_item *item = roomlog_put(log, seq, ROOMLOG_MESSAGE);
	roomlog_set(&item->name, name);
	roomlog_set(&item->text, text);
	item->reply_to = reply_to;
	item->is_action = is_action;
	item->time_ms = time_ms;
	return item;
}

struct roomlog_item *roomlog_add(struct roomlog *log, enum roomlog_kind kind, const char *name,
				 const char *text, int64_t time_ms)
{
	assert(kind != ROOMLOG_MESSAGE);
	int64_t seq = log->count ? log->items[log->count - 1]->seq : 0;
	struct roomlog_item *item = roomlog_insert(log, log->count, seq, kind);
	roomlog_set(&item->name, name);
	roomlog_set(&item->text, text);
	item->time_ms = time_ms;
	return item;
}

void roomlog_settle(struct roomlog *log)
{
	size_t early = roomlog_index(log, 1);
	if (!early || early == log->count)
		return;
	int64_t last = log->items[log->count - 1]->seq;
	struct roomlog_item **moved = mem_alloc(early * sizeof *moved);
	memcpy(moved, log->items, early * sizeof *moved);
	memmove(log->items, log->items + early, (log->count - early) * sizeof *log->items);
	memcpy(log->items + log->count - early, moved, early * sizeof *moved);
	for (size_t i = log->count - early; i < log->count; i++)
		log->items[i]->seq = last;
	log->generation++;
	free(moved);
}

const struct roomlog_item *roomlog_last(const struct roomlog *log, const char *name, bool is_own)
{
	for (size_t i = log->count; i-- > 0;) {
		const struct roomlog_item *item = log->items[i];
		if (item->kind == ROOMLOG_MESSAGE && !item->is_deleted &&
		    names_equal(item->name, name) == is_own)
			return item;
	}
	return NULL;
}

void roomlog_trim(struct roomlog *log, size_t items_max, bool keeps_top)
{
	assert(items_max);
	if (log->count <= items_max)
		return;
	/* A quarter at a time: one that comes does not move all the others. */
	size_t gone = log->count - items_max + items_max / 4;
	size_t from = keeps_top ? log->count - gone : 0;
	for (size_t i = from; i < from + gone; i++)
		roomlog_free_item(log->items[i]);
	memmove(log->items + from, log->items + from + gone, (log->count - from - gone) * sizeof *log->items);
	log->count -= gone;
	log->generation++;
	if (keeps_top)
		log->is_behind = true;
	else
		log->is_complete = false;
	assert(log->count <= items_max); /* 3 */
}
