#include "store/postgres/postgres_news.h"

#include "base/memory.h"

#include <stdlib.h>

#define TEXTS_MAX 5

/* The memory of the commands' strings. */
#define TEXT(member) (offsetof(struct store_command, member))
static const struct {
	enum store_op op;
	size_t texts[TEXTS_MAX]; /* 0: no more */
} kept[] = {
    {STORE_ADD_PERSON, {TEXT(person.name), TEXT(person.folded)}},
    {STORE_REMOVE_PERSON, {TEXT(person.name), TEXT(person.folded)}},
    {STORE_PUT_SESSION, {TEXT(session.device), TEXT(session.client), TEXT(session.address)}},
    {STORE_ADD_ROOM, {TEXT(room.name), TEXT(room.topic), TEXT(room.maker)}},
    {STORE_PUT_INVITATION, {TEXT(invitation.by)}},
    {STORE_PUT_SANCTION,
     {TEXT(sanction.target), TEXT(sanction.folded), TEXT(sanction.name), TEXT(sanction.by),
      TEXT(sanction.reason)}},
    {STORE_DROP_SANCTION, {TEXT(sanction.target)}},
    {STORE_ADD_DEED, {TEXT(deed.by), TEXT(deed.reason)}},
    {STORE_SWEEP_FILES, {TEXT(file_sweep.dropped)}},
    {STORE_PUT_PROFILE, {TEXT(profile.display), TEXT(profile.about), TEXT(profile.picture)}},
};
#undef TEXT

void postgres_news_release(struct postgres_news *news)
{
	arena_release(&news->arena);
	free(news->commands);
	*news = (struct postgres_news){0};
}

static void keep_texts(struct arena *arena, struct store_command *command)
{
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		for (size_t j = 0; kept[i].op == command->op && j < TEXTS_MAX && kept[i].texts[j]; j++) {
			const char **text = (const char **)((char *)command + kept[i].texts[j]);
			*text = arena_string(arena, *text);
		}
}

static struct entry *keep_entry(struct arena *arena, const struct entry *from)
{
	struct entry *entry = arena_zero(arena, sizeof *entry);
	*entry = *from;
	entry->name = arena_string(arena, from->name);
	entry->ip = arena_string(arena, from->ip);
	entry->text = arena_string(arena, from->text);
	entry->send_id = arena_string(arena, from->send_id);
	if (from->files_count)
		entry->files = arena_zero(arena, from->files_count * sizeof *entry->files);
	for (size_t i = 0; i < from->files_count; i++) {
		entry->files[i] = from->files[i];
		entry->files[i].id = arena_string(arena, from->files[i].id);
		entry->files[i].key = arena_string(arena, from->files[i].key);
		entry->files[i].name = arena_string(arena, from->files[i].name);
		entry->files[i].type = arena_string(arena, from->files[i].type);
	}
	return entry;
}

void postgres_news_add(void *context, const struct store_command *command)
{
	struct postgres_news *news = context;
	news->commands = mem_grow(news->commands, &news->capacity, news->count + 1, sizeof *news->commands);
	struct store_command *copy = &news->commands[news->count++];
	*copy = *command;
	keep_texts(&news->arena, copy);
	if (copy->op == STORE_APPEND)
		copy->append.entry = keep_entry(&news->arena, command->append.entry);
}
