/* Signs of life: away, typing, what was read; and whom one does not want to hear. */
#include "chat/hub.h"

#include "base/clock.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

void do_away(struct chat *chat, struct request *request)
{
	struct user *user = hub_need_user(chat, request);
	const char *text = request->text[REQUEST_TEXT_MESSAGE];
	if (!user)
		return;
	if (text && strlen(text) > LIMIT_REASON_BYTES) {
		hub_error(chat, request, ERROR_TOO_LARGE, NULL,
			  &(struct text_args){.text = "message", .number = LIMIT_REASON_BYTES});
		return;
	}
	user_set_away(user, text);
	const char *away = user_away(user);
	for (struct member *member = user->memberships; member; member = member->next)
		if (member->room->members_count <= (size_t)chat->config.limits.presence_members_max)
			hub_user_event(chat, member->room, ENTRY_AWAY, user, request->peer->author,
				       away ? "event.away" : "event.back", &(struct text_args){.text = away});
	hub_ok(chat, request);
}

/* Has no answer, so what may not be told is just not told. */
void do_typing(struct chat *chat, struct request *request)
{
	struct peer *peer = request->peer;
	struct room *room = peer->user ? rooms_find(&chat->rooms, request->text[REQUEST_TEXT_ROOM]) : NULL;
	if (peer->user && *request->text[REQUEST_TEXT_ROOM] == '@') {
		struct user *other = users_find(&chat->users, request->text[REQUEST_TEXT_ROOM] + 1);
		for (struct member *one = peer->user->memberships; one && other && !room; one = one->next)
			if (one->room->is_direct &&
			    (one->room->sides[0] == other || one->room->sides[1] == other))
				room = one->room;
	}
	/* 0 is kept for a peer that does not type. */
	uint32_t now = (uint32_t)clock_mono_ms() | 1;
	bool is_on = request->number[REQUEST_NUMBER_ON];
	if (!room || !room_find_member(room, peer->user) ||
	    room_find_sanction(room, 0, peer->user, peer->address, clock_wall_ms()))
		return;
	if (is_on && peer->typing_ms && now - peer->typing_ms < chat->config.limits.typing_ms)
		return;
	peer->typing_ms = is_on ? now : 0;
	struct entry event = {.kind = ENTRY_TYPING,
			      .flags = is_on ? ENTRY_ON : 0,
			      .author = peer->author,
			      .name = peer->user->name,
			      .key = is_on ? "event.typing" : "event.typing_off",
			      .args = {.name = peer->user->name}};
	hub_event(chat, room, &event);
}

void do_read(struct chat *chat, struct request *request)
{
	struct room *room = hub_need_membership(chat, request);
	if (!room)
		return;
	struct user *user = request->peer->user;
	struct store *store = chat->config.store;
	struct member *member = room_find_member(room, user);
	uint64_t seq = (uint64_t)request->number[REQUEST_NUMBER_SEQ];
	if (seq > room->end_seq + room->staged) {
		hub_bad_field(chat, request, "seq");
		return;
	}
	if (seq <= member->read_seq) {
		hub_ok(chat, request);
		return;
	}
	struct store_member stored = {
	    .account = user->account, .room_id = room->id, .role = member->role, .read_seq = seq};
	if (user->account) {
		if (hub_open_batch(chat, request))
			return;
		if (store->ops->put_member(store, &stored) != STORE_OK) {
			hub_store_failed(chat, request);
			return;
		}
	}
	member->read_seq = seq;
	char shown[ROOM_SHOWN_BYTES];
	struct entry event = {.kind = ENTRY_READ,
			      .room = room_name_for(room, user, shown),
			      .name = user->name,
			      .ref = seq,
			      .key = "event.read",
			      .args = {.number = (int64_t)seq}};
	for (struct peer *peer = user->peers; peer; peer = peer->next)
		if (peer != request->peer && !peer->is_simple)
			hub_tell_event(chat, peer, &event);
	hub_ok_stored(chat, request);
}

static void set_block(struct chat *chat, const struct request *request, bool on)
{
	struct user *user = hub_need_user(chat, request);
	if (!user)
		return;
	const char *name = request->text[REQUEST_TEXT_NAME];
	struct user *other = users_find(&chat->users, name);
	struct store *store = chat->config.store;
	struct text_args args = {.name = name};
	if (!user->account || (other && !other->account)) {
		hub_error(chat, request, ERROR_FORBIDDEN, "error.need_account", NULL);
		return;
	}
	if (!other || other == user) {
		hub_error(chat, request, ERROR_BAD_NAME, "error.no_user", &args);
		return;
	}
	int result = hub_begin(chat, request)
			 ? STORE_FAILED
			 : store->ops->put_block(store, user->account, other->account, on);
	if (hub_finish(chat, request, result))
		return;
	user_set_blocked(user, other->account, on);
	hub_ok(chat, request);
}

void do_block(struct chat *chat, struct request *request)
{
	set_block(chat, request, true);
}

void do_unblock(struct chat *chat, struct request *request)
{
	set_block(chat, request, false);
}
