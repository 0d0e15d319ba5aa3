#include "chat/talk/marks.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void unlink_mark(struct marks *marks, struct mark *mark)
{
	*(mark->newer ? &mark->newer->older : &marks->newest) = mark->older;
	*(mark->older ? &mark->older->newer : &marks->oldest) = mark->newer;
}

static void link_newest(struct marks *marks, struct mark *mark)
{
	mark->newer = NULL;
	mark->older = marks->newest;
	*(marks->newest ? &marks->newest->newer : &marks->oldest) = mark;
	marks->newest = mark;
}

void marks_drop(struct marks *marks, struct mark *mark)
{
	unlink_mark(marks, mark);
	table_remove(&marks->by_key, &mark->link);
	free(mark);
}

void marks_drop_old(struct marks *marks, int64_t before_ms)
{
	while (marks->oldest && marks->oldest->touched_ms < before_ms)
		marks_drop(marks, marks->oldest);
}

void marks_release(struct marks *marks)
{
	while (marks->oldest)
		marks_drop(marks, marks->oldest);
	table_release(&marks->by_key);
}

struct mark *marks_find(const struct marks *marks, const char *key)
{
	uint64_t hash = table_hash_string(key);
	struct table_link *link = table_first(&marks->by_key, hash);
	while (link && strcmp(TABLE_OF(link, struct mark, link)->key, key))
		link = table_next(link, hash);
	return link ? TABLE_OF(link, struct mark, link) : NULL;
}

struct mark *marks_touch(struct marks *marks, const char *key, int64_t mono_ms)
{
	struct mark *mark = marks_find(marks, key);
	if (mark) {
		unlink_mark(marks, mark);
	} else {
		if (marks->by_key.count >= marks->most)
			marks_drop(marks, marks->oldest);
		mark = mem_zero(sizeof *mark + strlen(key) + 1);
		strcpy(mark->key, key);
		table_insert(&marks->by_key, &mark->link, table_hash_string(key));
	}
	mark->touched_ms = mono_ms;
	link_newest(marks, mark);
	return mark;
}

int64_t mark_in_seconds(int64_t ms)
{
	return ms > 0 ? (ms + 999) / 1000 : 0;
}

int64_t mark_wait_s(const struct mark *mark, int64_t step_ms, int64_t burst, int64_t mono_ms)
{
	return mark ? mark_in_seconds(mark->next_ms - mono_ms - (burst - 1) * step_ms) : 0;
}

void mark_take_turn(struct mark *mark, int64_t step_ms, int64_t mono_ms)
{
	mark->next_ms = (mark->next_ms > mono_ms ? mark->next_ms : mono_ms) + step_ms;
}

void mark_network(const char *address, char network[INET6_ADDRSTRLEN])
{
	unsigned char parts[16];
	if (inet_pton(AF_INET6, address, parts) != 1) {
		snprintf(network, INET6_ADDRSTRLEN, "%s", address);
		return;
	}
	memset(parts + 8, 0, 8);
	inet_ntop(AF_INET6, parts, network, INET6_ADDRSTRLEN);
}
