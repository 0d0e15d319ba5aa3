/* Rooms entered and left. */
#include "chat/hub.h"

#include "base/clock.h"
#include "base/utf8.h"

#include <string.h>

/* In rooms with many members nobody reads who comes and goes, and telling it costs members squared. */
static bool is_presence_told(const struct chat *chat, const struct room *room)
{
	return room->members_count <= (size_t)chat->config.limits.presence_members_max;
}

static void tell(struct chat *chat, struct room *room, enum entry_kind kind, const struct peer *peer)
{
	if (is_presence_told(chat, room))
		hub_user_event(chat, room, kind, peer->user, peer->author,
			       kind == ENTRY_ENTER ? "event.enter" : "event.exit", NULL);
}

static struct following *enter(struct chat *chat, struct peer *peer, struct room *room)
{
	struct following *following = peer_find_following(peer, room);
	if (following)
		return following;
	struct member *member = room_find_member(room, peer->user);
	if (!member)
		member = room_add_member(room, peer->user);
	following = peer_add_following(peer, member);
	if (member->connections == 1)
		tell(chat, room, ENTRY_ENTER, peer);
	return following;
}

/* True where `after` cannot be continued from: another history, or a place that this one has not reached. */
static bool is_reset(const struct chat *chat, const struct request *request, const struct room *room)
{
	const char *epoch = request->text[REQUEST_TEXT_EPOCH];
	if (!request_has(request, REQUEST_NUMBER_AFTER))
		return false;
	if (epoch && strcmp(epoch, chat_epoch(chat)))
		return true;
	return (uint64_t)request->number[REQUEST_NUMBER_AFTER] > room->end_seq + chat->staged;
}

bool hub_join_room(struct chat *chat, const struct request *request, struct room *room)
{
	struct peer *peer = request->peer;
	struct following *following = enter(chat, peer, room);
	struct view *view = following_attach(&chat->rooms, peer, following);
	struct reply *joined = reply_to(request, REPLY_JOINED, peer->connection);
	joined->room = reply_string(joined, room->name);
	joined->topic = reply_string(joined, room->topic);
	joined->room_id = room->id;
	joined->view = view->id;
	joined->is_reset = is_reset(chat, request, room);
	if (request_has(request, REQUEST_NUMBER_AFTER) && !joined->is_reset) {
		joined->has_room = true;
		joined->after = (uint64_t)request->number[REQUEST_NUMBER_AFTER];
	}
	if (peer->is_simple)
		peer->room = room;
	hub_joined(chat, peer, joined, room);
	return true;
}

/* Makes the room that a first join names; NULL where that was refused and answered. */
static struct room *create_room(struct chat *chat, const struct request *request, const char *name)
{
	struct store *store = chat->config.store;
	struct store_room stored = {.name = name};
	struct text_args args = {.room = name, .number = chat->config.limits.rooms_max};
	if (!utf8_is_room_name(name)) {
		hub_error(chat, request, *name == '#' ? ERROR_BAD_NAME : ERROR_NO_ROOM,
			  *name == '#' ? "error.bad_room_name" : NULL, &args);
		return NULL;
	}
	if (chat->rooms.by_name.count >= (size_t)chat->config.limits.rooms_max) {
		hub_error(chat, request, ERROR_FORBIDDEN, "error.too_many_rooms", &args);
		return NULL;
	}
	if (hub_begin(chat, request))
		return NULL;
	if (store->ops->create_room(store, &stored, &stored.id) != STORE_OK) {
		hub_store_failed(chat, request);
		return NULL;
	}
	return hub_commit(chat, request) ? NULL : rooms_add(&chat->rooms, &stored);
}

void do_join(struct chat *chat, struct request *request)
{
	struct user *user = hub_need_user(chat, request);
	if (!user)
		return;
	const char *name = request->text[REQUEST_TEXT_ROOM];
	struct room *room = rooms_find(&chat->rooms, name);
	struct text_args args = {.room = name, .number = chat->config.limits.rooms_per_user};
	bool is_member = room && room_find_member(room, user);
	if (!is_member && user->rooms >= chat->config.limits.rooms_per_user) {
		hub_error(chat, request, ERROR_FORBIDDEN, "error.too_many_joined", &args);
		return;
	}
	if (!room)
		room = create_room(chat, request, name);
	if (room)
		hub_join_room(chat, request, room);
}

void hub_leave_room(struct chat *chat, struct peer *peer, struct following *following)
{
	struct member *member = following->member;
	struct room *room = member->room;
	peer_remove_following(peer, following);
	if (peer->room == room)
		peer->room = rooms_find(&chat->rooms, CHAT_LOBBY);
	if (member->connections)
		return;
	tell(chat, room, ENTRY_EXIT, peer);
	room_remove_member(member);
}

void do_leave(struct chat *chat, struct request *request)
{
	struct room *room = hub_need_membership(chat, request);
	if (!room)
		return;
	struct peer *peer = request->peer;
	struct following *following = peer_find_following(peer, room);
	struct reply *left = reply_to(request, REPLY_LEFT, peer->connection);
	left->room = reply_string(left, room->name);
	if (following) {
		left->view = following->view ? following->view->id : 0;
		hub_leave_room(chat, peer, following);
	}
	hub_reply(chat, peer, left);
}
