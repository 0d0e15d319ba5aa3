#include "chat/rooms/idle.h"

#include "base/clock.h"
#include "base/logging.h"
#include "base/memory.h"
#include "chat/batch.h"
#include "chat/state.h"

#include <stdlib.h>
#include <string.h>

#define LOOKS 20 /* rooms a second: 10,000 take some minutes */

struct look {
	struct store_query query; /* first */
	struct chat *chat;
	int64_t before_ms;
};

static void then_found(struct store_query *query)
{
	struct look *look = (struct look *)query;
	struct room *room = rooms_find_by_id(&look->chat->rooms, query->room_id);
	/* A message that retention has taken says nothing about when somebody spoke last. */
	if (room && query->result == STORE_OK && query->found.time_ms < look->before_ms &&
	    room->end_seq == query->seq && !batch_is_under_way(look->chat, room->changing)) {
		struct change *change = batch_change(look->chat, NULL, NULL);
		batch_add(look->chat, change, STORE_REMOVE_ROOM)->room.id = room->id;
		room->changing = batch_mark_now(look->chat);
		LOG_INFO("room.idle", "room=%s days=%lld", room->name,
			 (long long)look->chat->config.limits.room_idle_days);
	}
	free(look);
}

static void look_at_room(struct chat *chat, const struct room *room, int64_t before_ms)
{
	if (room->is_direct || !room->end_seq || !strcmp(room->name, CHAT_LOBBY))
		return;
	struct look *look = mem_zero(sizeof *look);
	*look = (struct look){.query = {.question = STORE_FIND_ENTRY,
					.room_id = room->id,
					.seq = room->end_seq,
					.done = then_found},
			      .chat = chat,
			      .before_ms = before_ms};
	chat->config.store->ops->ask(chat->config.store, &look->query);
}

void idle_look(struct chat *chat, int64_t wall_ms)
{
	int64_t days = chat->config.limits.room_idle_days;
	const struct table *rooms = &chat->rooms.by_id;
	if (!days)
		return;
	/* Whole buckets, so that a number is enough to go on from. */
	for (int looks = 0; looks < LOOKS;) {
		struct table_link *link = table_walk(rooms, &chat->idle_bucket, NULL);
		if (!link) {
			chat->idle_bucket = 0;
			return;
		}
		for (; link; link = link->next, looks++)
			look_at_room(chat, TABLE_OF(link, struct room, by_id), wall_ms - days * CLOCK_DAY_MS);
		chat->idle_bucket++;
	}
}
