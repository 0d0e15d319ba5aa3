/* What is said: messages, and the entries that change them. */
#include "chat/hub.h"

#include "base/clock.h"
#include "base/memory.h"
#include "chat/permission.h"

#include <stdlib.h>
#include <string.h>

/* --- may he say anything here? --- */

static bool is_too_fast(const struct chat *chat, struct user *user)
{
	int64_t rate = chat->config.limits.account_rate;
	if (!rate)
		return false;
	allowance_refill(&user->allowance, rate, clock_mono_ms());
	if (user->allowance.left < 1)
		return true;
	user->allowance.left--;
	return false;
}

/* What the request would add to its room. */
static struct entry entry_of(const struct request *request)
{
	struct entry entry = {
	    .kind = ENTRY_MESSAGE,
	    .text = request->text[REQUEST_TEXT_MESSAGE],
	    .ref = (uint64_t)request->number[REQUEST_NUMBER_TARGET],
	    .ip = peer_shown_ip(request->peer),
	    .author = request->peer->author,
	    .account = request->peer->user->account,
	    .name = request->peer->user->name,
	};
	switch (request->op) {
	case REQUEST_EDIT:
		entry.kind = ENTRY_EDIT;
		break;
	case REQUEST_DELETE:
		entry.kind = ENTRY_DELETE;
		entry.text = "";
		break;
	case REQUEST_REACT:
		entry.kind = ENTRY_REACT;
		entry.flags = request->number[REQUEST_NUMBER_ON] ? ENTRY_ON : 0;
		entry.text = request->text[REQUEST_TEXT_EMOJI];
		break;
	case REQUEST_TOPIC:
		entry.kind = ENTRY_TOPIC;
		entry.text = request->text[REQUEST_TEXT_TOPIC];
		break;
	default:
		entry.flags = request->number[REQUEST_NUMBER_ACTION] ? ENTRY_ACTION : 0;
		entry.ref = (uint64_t)request->number[REQUEST_NUMBER_REPLY_TO];
	}
	return entry;
}

/* Says no, but for what was granted already: a line that broke before its acknowledgement came, and then a
 * kick, must not make a message that everybody has read look unsent. */
static void refuse(struct chat *chat, const struct request *request, struct room *room, enum error_code code,
		   const char *key, const struct text_args *args)
{
	struct entry entry = entry_of(request);
	if (!entry.text || !hub_acknowledge_repeat(chat, request, room, &entry))
		hub_error(chat, request, code, key, args);
}

static void refuse_target(struct chat *chat, const struct request *request, struct room *room, int64_t seq)
{
	refuse(chat, request, room, ERROR_NO_MESSAGE, NULL, &(struct text_args){.number = seq});
}

/* The room, where the asker is in it; NULL: answered. */
static struct room *need_member(struct chat *chat, const struct request *request)
{
	struct room *room = hub_need_room(chat, request);
	if (!room || room_find_member(room, request->peer->user))
		return room;
	char shown[ROOM_SHOWN_BYTES];
	struct text_args args = {.room = room_name_for(room, request->peer->user, shown)};
	refuse(chat, request, room, ERROR_NOT_MEMBER, NULL, &args);
	return NULL;
}

static void refuse_sanctioned(struct chat *chat, const struct request *request, struct room *room,
			      const struct sanction *sanction, const struct text_args *args)
{
	bool is_ban = sanction->kind == SANCTION_BAN;
	const char *key = is_ban ? "error.banned_for_good" : "error.muted_for_good";
	refuse(chat, request, room, is_ban ? ERROR_BANNED : ERROR_MUTED, sanction->until_ms ? NULL : key,
	       args);
}

/* The room, where the asker may add an entry to it; NULL: answered. */
static struct room *need_voice(struct chat *chat, const struct request *request)
{
	struct room *room = need_member(chat, request);
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
		refuse_sanctioned(chat, request, room, sanction, &args);
		return NULL;
	}
	if (room->is_direct && (!other || user_has_blocked(other, user) || user_has_blocked(user, other))) {
		refuse(chat, request, room, ERROR_FORBIDDEN, "error.blocked", &args);
		return NULL;
	}
	if (is_too_fast(chat, user)) {
		hub_error(chat, request, ERROR_RATE_LIMITED, NULL, NULL);
		return NULL;
	}
	return room;
}

/* True where the entry answers nothing, or a message of this room, deleted or not; false: answered. */
static bool is_answerable(struct chat *chat, const struct request *request, struct room *room, uint64_t seq)
{
	struct store *store = chat->config.store;
	struct entry target = {0};
	int found = seq ? store->ops->find_entry(store, room->id, seq, &target) : STORE_OK;
	if (!seq || (found == STORE_OK && target.kind == ENTRY_MESSAGE))
		return true;
	if (found == STORE_FAILED)
		hub_read_failed(chat, request);
	else
		refuse_target(chat, request, room, (int64_t)seq);
	return false;
}

void do_send(struct chat *chat, struct request *request)
{
	struct room *room = need_voice(chat, request);
	if (!room)
		return;
	struct entry entry = entry_of(request);
	if (!entry.text || !*entry.text) {
		hub_bad_field(chat, request, "message");
		return;
	}
	if (!is_answerable(chat, request, room, entry.ref))
		return;
	if (room->is_direct)
		direct_follow_all(chat, room);
	hub_store_entry(chat, request, room, &entry);
}

/* --- entries about other entries --- */

/* The message that the request is about; false: answered. */
static bool need_target(struct chat *chat, const struct request *request, struct room *room,
			struct entry *target)
{
	struct store *store = chat->config.store;
	int64_t seq = request->number[REQUEST_NUMBER_TARGET];
	int found = store->ops->find_entry(store, room->id, (uint64_t)seq, target);
	if (found == STORE_OK && target->kind == ENTRY_MESSAGE && !(target->flags & ENTRY_DELETED))
		return true;
	if (found == STORE_FAILED)
		hub_read_failed(chat, request);
	else
		refuse_target(chat, request, room, seq);
	return false;
}

static void store_change(struct chat *chat, const struct request *request, struct room *room)
{
	struct entry entry = entry_of(request);
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
	else if (!users_owns(&chat->users, request->peer->user, &target))
		refuse(chat, request, room, ERROR_FORBIDDEN, "error.not_own", NULL);
	else
		store_change(chat, request, room);
}

void do_delete(struct chat *chat, struct request *request)
{
	struct room *room = need_member(chat, request);
	struct entry target = {0};
	if (!room || !need_target(chat, request, room, &target))
		return;
	const struct user *user = request->peer->user;
	const struct member *member = room_find_member(room, user);
	if (!users_owns(&chat->users, user, &target) &&
	    !permission_may(user, member, room, DEED_DELETE_OTHERS)) {
		refuse(chat, request, room, ERROR_FORBIDDEN, "error.not_own", NULL);
		return;
	}
	store_change(chat, request, room);
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
		store_change(chat, request, room);
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
	struct entry entry = entry_of(request);
	uint64_t end_seq = room->end_seq;
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
