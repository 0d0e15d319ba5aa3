/* What the chat thread does now and then: retention, old send ids, changes that another process made. */
#include "chat/hub.h"

#include "base/clock.h"
#include "base/logging.h"
#include "chat/indexer.h"

#include <malloc.h>
#include <stdlib.h>

/* Small steps, so that nobody waits for the broom. */
#define PURGE_STEP   500
#define SENDS_STEP   2000
#define REST_MS      1000
#define BUSY_REST_MS 20
#define DAY_MS       INT64_C(86400000)
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
	if (!has_jumped || mono_ms - chat->jumped_ms >= DAY_MS) {
		chat->wall_offset_ms = offset_ms;
		chat->jumped_ms = 0;
	}
	return mono_ms + chat->wall_offset_ms;
}

static bool purge_room(struct chat *chat, struct room *room, int64_t now_ms)
{
	struct store *store = chat->config.store;
	uint64_t purged = 0;
	if (!room->retention_days)
		return false;
	int64_t before_ms = now_ms - room->retention_days * DAY_MS;
	if (store->ops->begin(store) != STORE_OK)
		return false;
	if (store->ops->purge(store, room->id, before_ms, PURGE_STEP, &purged) != STORE_OK)
		return false;
	if (!purged) {
		store->ops->rollback(store);
		return false;
	}
	if (store->ops->commit(store) != STORE_OK)
		return false;
	room->purged_seq = purged;
	hub_seal(chat, room);
	LOG_INFO("room.purge", "room=%s up_to=%llu", room->name, (unsigned long long)purged);
	return true;
}

static bool purge_rooms(struct chat *chat, int64_t now_ms)
{
	bool has_more = false;
	size_t bucket = 0;
	for (struct table_link *link = NULL; (link = table_walk(&chat->rooms.by_name, &bucket, link));)
		has_more |= purge_room(chat, TABLE_OF(link, struct room, by_name), now_ms);
	if (has_more)
		indexer_wake(chat->indexer);
	return has_more;
}

/* One step of a round through all ids; a new round begins a day later. */
static void forget_sends(struct chat *chat, int64_t now_ms)
{
	struct store *store = chat->config.store;
	bool is_done = false;
	if (clock_mono_ms() < chat->sends_due_ms)
		return;
	if (store->ops->begin(store) != STORE_OK)
		return;
	if (store->ops->forget_sends(store, now_ms - chat->config.limits.send_ids_days * DAY_MS, SENDS_STEP,
				     &is_done) != STORE_OK)
		return;
	if (store->ops->commit(store) == STORE_OK && is_done)
		chat->sends_due_ms = clock_mono_ms() + DAY_MS;
}

/* --- accounts --- */

/* Puts his connections out and forgets him. */
static void expel_user(struct chat *chat, struct user *user, const char *key)
{
	while (user->peers) {
		struct peer *peer = user->peers;
		while (peer->followings)
			hub_leave_room(chat, peer, peer->followings, true);
		user_remove_peer(peer);
		hub_expel_peer(chat, peer, key);
	}
	hub_forget_user(chat, user);
}

static void take_account(void *context, const struct store_account *account)
{
	struct chat *chat = context;
	struct user *user = users_find_account(&chat->users, account->id);
	struct user *holder = users_find(&chat->users, account->name);
	/* A guest has the name that an administrator has just given to an account: he goes. */
	if (!user && holder)
		expel_user(chat, holder, "notice.name_of_account");
	if (!user)
		user = users_add_account(&chat->users, account->id, account->name);
	user->keeps_name = true;
	user->is_admin = account->is_admin;
	user->holding->is_present = true;
}

static void take_member(void *context, const struct store_member *stored)
{
	struct chat *chat = context;
	struct user *user = users_find_account(&chat->users, stored->account);
	struct room *room = rooms_find_by_id(&chat->rooms, stored->room_id);
	if (!user || !room)
		return;
	struct member *member = room_find_member(room, user);
	if (!member)
		member = room_add_member(room, user);
	member->role = stored->role;
	if (stored->read_seq > member->read_seq)
		member->read_seq = stored->read_seq;
}

static void take_sanction(void *context, const struct store_sanction *sanction)
{
	struct chat *chat = context;
	struct room *room = rooms_find_by_id(&chat->rooms, sanction->room_id);
	if (room)
		room_put_sanction(room, sanction);
}

static void take_block(void *context, int64_t account, int64_t blocked)
{
	struct chat *chat = context;
	struct user *user = users_find_account(&chat->users, account);
	if (user)
		user_set_blocked(user, blocked, true);
}

/* An account that is not in the store any more goes with all its connections. */
static void drop_absent(struct chat *chat)
{
	size_t bucket = 0;
	struct user *absent = NULL;
	do {
		absent = NULL;
		bucket = 0;
		for (struct table_link *link = NULL;
		     !absent && (link = table_walk(&chat->users.by_account, &bucket, link));) {
			const struct holding *holding = TABLE_OF(link, struct holding, by_account);
			if (!holding->is_present)
				absent = holding->user;
		}
		if (absent)
			expel_user(chat, absent, "notice.account_deleted");
	} while (absent);
}

int hub_load_people(struct chat *chat)
{
	struct store *store = chat->config.store;
	struct store_people people = {.account = take_account,
				      .member = take_member,
				      .sanction = take_sanction,
				      .block = take_block,
				      .context = chat};
	if (!store->ops->load_people)
		return STORE_OK;
	size_t bucket = 0;
	for (struct table_link *link = NULL; (link = table_walk(&chat->users.by_account, &bucket, link));)
		TABLE_OF(link, struct holding, by_account)->is_present = false;
	int64_t version = store->ops->foreign_version(store);
	int result = store->ops->load_people(store, &people);
	if (result != STORE_OK) {
		LOG_ERROR("store.people", "error=\"accounts cannot be read\"");
		return result;
	}
	/* Only now: what could not be read is read at the next look. */
	chat->foreign_version = version;
	drop_absent(chat);
	bucket = 0;
	for (struct table_link *link = NULL; (link = table_walk(&chat->rooms.by_name, &bucket, link));) {
		struct room *room = TABLE_OF(link, struct room, by_name);
		if (room->is_direct)
			direct_load_sides(chat, room);
	}
	return STORE_OK;
}

void hub_look_outside(struct chat *chat)
{
	struct store *store = chat->config.store;
	if (!store->ops->foreign_version || store->ops->foreign_version(store) == chat->foreign_version)
		return;
	LOG_DEBUG("store.changed", "by=\"another process\" effect=\"accounts are read again\"");
	hub_load_people(chat);
}

/* What a storm of connections took of the heap goes back to the system when it is over. */
static void give_memory_back(struct chat *chat)
{
	if (chat->handled != chat->handled_before) {
		chat->handled_before = chat->handled;
		chat->is_trimmed = false;
	} else if (!chat->is_trimmed) {
		malloc_trim(0);
		chat->is_trimmed = true;
	}
}

void hub_do_chores(struct chat *chat)
{
	struct store *store = chat->config.store;
	int64_t now = clock_mono_ms();
	if (now < chat->chores_ms)
		return;
	int64_t wall_ms = careful_wall_ms(chat);
	bool has_more = store->ops->purge && purge_rooms(chat, wall_ms);
	if (store->ops->forget_sends)
		forget_sends(chat, wall_ms);
	hub_look_outside(chat);
	hub_flush(chat);
	give_memory_back(chat);
	chat->chores_ms = now + (has_more ? BUSY_REST_MS : REST_MS);
}

int hub_chores_wait_ms(const struct chat *chat)
{
	int64_t wait = chat->chores_ms - clock_mono_ms();
	return wait < 0 ? 0 : (int)wait;
}
