/* What is said: messages, and the entries that change them. */
#include "chat/hub.h"

#include "base/clock.h"
#include "base/memory.h"
#include "chat/permission.h"

#include <stdlib.h>
#include <string.h>

/* --- may he say anything here? --- */

/* A bucket of account_rate entries that fills in a second. */
static bool is_too_fast(const struct chat *chat, struct user *user)
{
	double rate = (double)chat->config.limits.account_rate;
	int64_t now = clock_mono_ms();
	if (rate == 0)
		return false;
	user->allowance += (double)(now - user->allowance_ms) * rate / 1000;
	if (!user->allowance_ms || user->allowance > rate)
		user->allowance = rate;
	user->allowance_ms = now;
	if (user->allowance < 1)
		return true;
	user->allowance--;
	return false;
}

/* The room, where the asker may add an entry to it; NULL: answered. */
static struct room *need_voice(struct chat *chat, const struct request *request)
{
	struct room *room = hub_need_membership(chat, request);
	if (!room)
		return NULL;
	struct user *user = request->peer->user;
	const char *address = request->peer->address;
	const struct sanction *sanction =
	    room->sanctions ? room_find_sanction(room, 0, user, address, clock_wall_ms()) : NULL;
	char shown[ROOM_SHOWN_BYTES];
	struct text_args args = {.room = room_name_for(room, user, shown),
				 .time_ms = sanction ? sanction->until_ms : 0};
	const struct user *other = room->is_direct ? room->sides[room->sides[0] == user] : NULL;
	if (sanction && !user->is_admin) {
		bool is_ban = sanction->kind == SANCTION_BAN, is_forever = !sanction->until_ms;
		hub_error(chat, request, is_ban ? ERROR_BANNED : ERROR_MUTED,
			  !is_forever ? NULL
			  : is_ban    ? "error.banned_for_good"
				      : "error.muted_for_good",
			  &args);
		return NULL;
	}
	if (room->is_direct && (!other || user_has_blocked(other, user) || user_has_blocked(user, other))) {
		hub_error(chat, request, ERROR_FORBIDDEN, "error.blocked", &args);
		return NULL;
	}
	if (is_too_fast(chat, user)) {
		hub_error(chat, request, ERROR_RATE_LIMITED, NULL, NULL);
		return NULL;
	}
	return room;
}

static void fill(const struct request *request, struct entry *entry)
{
	entry->ip = request->peer->shown_ip;
	entry->author = request->peer->author;
	entry->account = request->peer->user->account;
	entry->name = request->peer->user->name;
}

static void refuse_target(struct chat *chat, const struct request *request, int64_t seq)
{
	hub_error(chat, request, ERROR_NO_MESSAGE, NULL, &(struct text_args){.number = seq});
}

void do_send(struct chat *chat, struct request *request)
{
	struct room *room = need_voice(chat, request);
	if (!room)
		return;
	const char *message = request->text[REQUEST_TEXT_MESSAGE];
	if (!message || !*message) {
		hub_bad_field(chat, request, "message");
		return;
	}
	struct entry entry = {
	    .kind = ENTRY_MESSAGE,
	    .flags = request->number[REQUEST_NUMBER_ACTION] ? ENTRY_ACTION : 0,
	    .text = message,
	    .ref = (uint64_t)request->number[REQUEST_NUMBER_REPLY_TO],
	};
	if (entry.ref > room->end_seq + room->staged) {
		refuse_target(chat, request, (int64_t)entry.ref);
		return;
	}
	fill(request, &entry);
	if (room->is_direct)
		direct_follow_all(chat, room);
	hub_store_entry(chat, request, room, &entry);
}

/* --- entries about other entries --- */

/* A guest's own are those that he said under this name since it is his. */
static bool is_own(const struct user *user, const struct entry *target)
{
	if (user->account || target->account)
		return user->account == target->account;
	return target->time_ms >= user->since_ms && !strcmp(target->name, user->name);
}

/* The message that the request is about; false: answered. A repeat of what was done before finds its message
 * deleted, so deletions are let through to the store, which knows. */
static bool need_target(struct chat *chat, const struct request *request, const struct room *room,
			struct entry *target)
{
	struct store *store = chat->config.store;
	int64_t seq = request->number[REQUEST_NUMBER_TARGET];
	int found = store->ops->find_entry(store, room->id, (uint64_t)seq, target);
	bool is_gone = target->flags & ENTRY_DELETED && request->op != REQUEST_DELETE;
	if (found == STORE_OK && target->kind == ENTRY_MESSAGE && !is_gone)
		return true;
	refuse_target(chat, request, seq);
	return false;
}

static void store_change(struct chat *chat, const struct request *request, struct room *room,
			 enum entry_kind kind, uint32_t flags, const char *text)
{
	struct entry entry = {.kind = kind,
			      .flags = flags,
			      .text = text,
			      .ref = (uint64_t)request->number[REQUEST_NUMBER_TARGET]};
	fill(request, &entry);
	hub_store_entry(chat, request, room, &entry);
}

void do_edit(struct chat *chat, struct request *request)
{
	struct room *room = need_voice(chat, request);
	struct entry target = {0};
	if (!room || !need_target(chat, request, room, &target))
		return;
	if (!*request->text[REQUEST_TEXT_MESSAGE])
		hub_bad_field(chat, request, "message");
	else if (!is_own(request->peer->user, &target))
		hub_error(chat, request, ERROR_FORBIDDEN, "error.not_own", NULL);
	else
		store_change(chat, request, room, ENTRY_EDIT, 0, request->text[REQUEST_TEXT_MESSAGE]);
}

void do_delete(struct chat *chat, struct request *request)
{
	struct room *room = hub_need_membership(chat, request);
	struct entry target = {0};
	if (!room || !need_target(chat, request, room, &target))
		return;
	const struct user *user = request->peer->user;
	const struct member *member = room_find_member(room, user);
	if (!is_own(user, &target) && !permission_may(user, member, room, DEED_DELETE_OTHERS)) {
		hub_error(chat, request, ERROR_FORBIDDEN, "error.not_own", NULL);
		return;
	}
	if (target.flags & ENTRY_DELETED && !request->text[REQUEST_TEXT_ID]) {
		refuse_target(chat, request, request->number[REQUEST_NUMBER_TARGET]);
		return;
	}
	store_change(chat, request, room, ENTRY_DELETE, 0, "");
	/* The text must not be replayed to anybody who comes later out of what memory still holds. */
	hub_flush(chat);
	hub_seal(chat, room);
}

void do_react(struct chat *chat, struct request *request)
{
	struct room *room = need_voice(chat, request);
	struct entry target = {0};
	const char *emoji = request->text[REQUEST_TEXT_EMOJI];
	if (!room || !need_target(chat, request, room, &target))
		return;
	if (!*emoji)
		hub_bad_field(chat, request, "emoji");
	else
		store_change(chat, request, room, ENTRY_REACT,
			     request->number[REQUEST_NUMBER_ON] ? ENTRY_ON : 0, emoji);
}

void do_topic(struct chat *chat, struct request *request)
{
	struct room *room = need_voice(chat, request);
	if (!room)
		return;
	const struct user *user = request->peer->user;
	const char *topic = request->text[REQUEST_TEXT_TOPIC];
	struct store *store = chat->config.store;
	struct store_room stored = {.id = room->id,
				    .topic = topic,
				    .is_private = room->is_private,
				    .retention_days = room->retention_days};
	if (!permission_may(user, room_find_member(room, user), room, DEED_TOPIC)) {
		hub_error(chat, request, ERROR_FORBIDDEN, NULL, NULL);
		return;
	}
	if (hub_begin(chat, request))
		return;
	struct entry entry = {.kind = ENTRY_TOPIC, .text = topic};
	uint64_t end_seq = room->end_seq;
	fill(request, &entry);
	/* The room changes with the entry that says so: a repeat, or what is refused, changes nothing. */
	if (hub_store_entry(chat, request, room, &entry) &&
	    store->ops->update_room(store, &stored) != STORE_OK) {
		hub_drop_batch(chat);
		return;
	}
	hub_flush(chat);
	if (room->end_seq == end_seq)
		return;
	free(room->topic);
	room->topic = mem_string(topic);
}
