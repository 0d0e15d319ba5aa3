#include "chat/chores.h"

#include "base/clock.h"
#include "base/logging.h"
#include "chat/apply.h"
#include "chat/people/enter.h"
#include "chat/rooms/idle.h"
#include "chat/indexer.h"
#include "chat/rooms/membership.h"
#include "chat/people/push.h"
#include "chat/state.h"

#include <assert.h>
#include <malloc.h>

#define PURGE_STEP   500
#define SENDS_STEP   2000
#define LIFT_STEP    200 /* sanctions that are over, in one go */
#define REST_MS      1000
#define BUSY_REST_MS 20
#define JUMP_MS      INT64_C(3600000)

/* The wall clock for what cannot be undone. One that was set forward is believed when it has stayed so for a
 * day: a wrong time must not throw away what people are to keep. */
static int64_t careful_wall_ms(struct chat *chat)
{
	int64_t mono_ms = clock_mono_ms(), offset_ms = clock_wall_ms() - mono_ms;
	bool has_jumped = chat->wall_offset_ms && offset_ms > chat->wall_offset_ms + JUMP_MS;
	if (has_jumped && !chat->jumped_ms) {
		chat->jumped_ms = mono_ms;
		LOG_WARN("server.clock", "ahead_by_s=%lld effect=\"nothing is purged by it for a day\"",
			 (long long)(offset_ms - chat->wall_offset_ms) / 1000);
	}
	if (!has_jumped || mono_ms - chat->jumped_ms >= CLOCK_DAY_MS) {
		chat->wall_offset_ms = offset_ms;
		chat->jumped_ms = 0;
	}
	return mono_ms + chat->wall_offset_ms;
}

static void then_purged(struct chat *chat, struct change *change)
{
	assert(batch_command(change, 0)->op == STORE_PURGE);
	const struct store_purge *purge = &batch_command(change, 0)->purge;
	if (change->result != STORE_OK || !purge->purged_seq)
		return;
	/* There may be more. */
	chat->chores_ms = clock_mono_ms() + BUSY_REST_MS;
	indexer_wake(chat->indexer);
}

static void purge_rooms(struct chat *chat, int64_t now_ms)
{
	size_t bucket = 0;
	for (struct table_link *link = NULL; (link = table_walk(&chat->rooms.by_name, &bucket, link));) {
		const struct room *room = TABLE_OF(link, struct room, by_name);
		if (!room->retention_days || room->purged_seq == room->end_seq)
			continue;
		struct change *change = batch_change(chat, NULL, then_purged);
		batch_add(chat, change, STORE_PURGE)->purge =
		    (struct store_purge){.room_id = room->id,
					 .before_ms = now_ms - room->retention_days * CLOCK_DAY_MS,
					 .limit = PURGE_STEP};
	}
}

static void then_swept(struct chat *chat, struct change *change)
{
	struct store *store = chat->config.store;
	assert(batch_command(change, 0)->op == STORE_FORGET_SENDS);
	if (change->result == STORE_OK && store->ops->has_leftovers(store)) {
		chat->chores_ms = clock_mono_ms() + BUSY_REST_MS;
		indexer_wake(chat->indexer);
	}
	if (change->result == STORE_OK && batch_command(change, 0)->sweep.is_done)
		chat->sends_due_ms = clock_mono_ms() + CLOCK_DAY_MS;
}

/* One step of a round through all ids; a new round begins a day later. */
static void forget_sends(struct chat *chat, int64_t now_ms)
{
	struct store *store = chat->config.store;
	if (clock_mono_ms() < chat->sends_due_ms && !store->ops->has_leftovers(store))
		return;
	struct change *change = batch_change(chat, NULL, then_swept);
	batch_add(chat, change, STORE_FORGET_SENDS)->sweep = (struct store_sweep){
	    .before_ms = now_ms - chat->config.limits.send_ids_days * CLOCK_DAY_MS, .limit = SENDS_STEP};
}

/* Gives the memory that a storm of connections took back to the system when it is over. */
static void give_memory_back(struct chat *chat)
{
	if (chat->handled != chat->handled_before) {
		chat->handled_before = chat->handled;
		chat->is_trimmed = false;
	} else if (!chat->is_trimmed) {
		batches_rest(chat);
		chat->config.store->ops->rest(chat->config.store);
		malloc_trim(0);
		chat->is_trimmed = true;
	}
}

/* Moderators still see for a day what is over. Returns how many it took away. */
static unsigned forget_sanctions_of(struct chat *chat, struct room *room, int64_t now_ms, unsigned most)
{
	struct change *change = NULL;
	unsigned count = 0;
	/* Somebody may be renewing one just now. */
	if (batch_is_under_way(chat, room->changing))
		return 0;
	for (const struct sanction *one = room->sanctions.first; one && count < most; one = one->next) {
		if (!one->until_ms || one->until_ms + CLOCK_DAY_MS > now_ms)
			continue;
		if (!change)
			change = batch_change(chat, NULL, NULL);
		batch_add(chat, change, STORE_DROP_SANCTION)->sanction =
		    (struct store_sanction){.room_id = room->id,
					    .kind = one->kind,
					    .target = arena_string(batch_arena(chat), one->target)};
		count++;
	}
	if (change)
		room->changing = batch_mark_now(chat);
	return count;
}

static void forget_sanctions(struct chat *chat, int64_t now_ms)
{
	size_t bucket = 0;
	unsigned left = LIFT_STEP;
	for (struct table_link *link = NULL;
	     left && (link = table_walk(&chat->rooms.by_name, &bucket, link));) {
		struct room *room = TABLE_OF(link, struct room, by_name);
		if (room->sanctions.count)
			left -= forget_sanctions_of(chat, room, now_ms, left);
	}
}

void chores_run(struct chat *chat)
{
	int64_t now = clock_mono_ms();
	if (now < chat->chores_ms)
		return;
	chat->chores_ms = now + REST_MS;
	int64_t wall_ms = careful_wall_ms(chat);
	purge_rooms(chat, wall_ms);
	forget_sends(chat, wall_ms);
	forget_sanctions(chat, wall_ms);
	file_chores(chat, wall_ms);
	enter_remove_strays(chat);
	distant_expire(chat);
	told_run(chat);
	membership_sweep(chat);
	idle_look(chat, wall_ms);
	apply_watch(chat);
	push_forget_gone(chat);
	give_memory_back(chat);
}

int chores_wait_ms(const struct chat *chat)
{
	int64_t wait = chat->chores_ms - clock_mono_ms();
	return wait < 0 ? 0 : (int)wait;
}
