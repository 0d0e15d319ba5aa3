/* Rooms entered and left. */
#include "chat/hub.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "chat/permission.h"

#include <string.h>

/* In rooms with many members nobody reads who comes and goes, and telling it costs members squared. */
static bool is_presence_told(const struct chat *chat, const struct room *room)
{
	return !room->is_direct && room->members_count <= (size_t)chat->config.limits.presence_members_max;
}

static void tell(struct chat *chat, struct room *room, enum entry_kind kind, const struct peer *peer)
{
	if (is_presence_told(chat, room))
		hub_user_event(chat, room, kind, peer->user, peer->author,
			       kind == ENTRY_ENTER ? "event.enter" : "event.exit", NULL);
}

static struct following *enter(struct chat *chat, struct peer *peer, struct member *member)
{
	struct following *following = peer_find_following(peer, member->room);
	if (following)
		return following;
	following = peer_add_following(peer, member);
	if (member->connections == 1)
		tell(chat, member->room, ENTRY_ENTER, peer);
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
	return (uint64_t)request->number[REQUEST_NUMBER_AFTER] > room->end_seq + room->staged;
}

static void fill_joined(struct reply *joined, const struct room *room, const struct peer *peer,
			const struct view *view)
{
	char shown[ROOM_SHOWN_BYTES];
	joined->room = reply_string(joined, room_name_for(room, peer->user, shown));
	joined->topic = reply_string(joined, room->topic);
	joined->room_id = room->id;
	joined->view = view->id;
}

/* Invariant: the peer's user is a member. */
static void follow_and_answer(struct chat *chat, const struct request *request, struct member *member)
{
	struct peer *peer = request->peer;
	struct room *room = member->room;
	struct following *following = enter(chat, peer, member);
	struct view *view = following_attach(&chat->rooms, peer, following);
	struct reply *joined = reply_to(request, REPLY_JOINED, peer->connection);
	fill_joined(joined, room, peer, view);
	joined->is_reset = is_reset(chat, request, room);
	if (request_has(request, REQUEST_NUMBER_AFTER) && !joined->is_reset) {
		joined->has_room = true;
		joined->after = (uint64_t)request->number[REQUEST_NUMBER_AFTER];
	}
	if (peer->is_simple)
		peer->room = room;
	hub_joined(chat, peer, joined, room);
}

void hub_follow(struct chat *chat, struct peer *peer, struct room *room)
{
	struct member *member = room_find_member(room, peer->user);
	struct following *following = member ? enter(chat, peer, member) : NULL;
	if (!following || following->view)
		return;
	struct view *view = following_attach(&chat->rooms, peer, following);
	struct reply *joined = reply_new(REPLY_JOINED, peer->connection);
	joined->is_unasked = true;
	fill_joined(joined, room, peer, view);
	hub_joined(chat, peer, joined, room);
}

static void refuse_sanctioned(struct chat *chat, const struct request *request, const struct room *room,
			      const struct sanction *sanction)
{
	struct text_args args = {.room = room->name, .time_ms = sanction->until_ms};
	hub_error(chat, request, ERROR_BANNED, sanction->until_ms ? NULL : "error.banned_for_good", &args);
}

/* Answers and returns false where the user may not come in. */
static bool check_entry(struct chat *chat, const struct request *request, struct room *room)
{
	const struct user *user = request->peer->user;
	const struct sanction *ban =
	    room_find_sanction(room, SANCTION_BAN, user, request->peer->address, clock_wall_ms());
	struct text_args args = {.room = room->name, .number = chat->config.limits.rooms_per_user};
	if (ban && !user->is_admin) {
		refuse_sanctioned(chat, request, room, ban);
		return false;
	}
	if (room_find_member(room, user))
		return true;
	if (room->is_private && !user->is_admin && !room_is_invited(room, user)) {
		/* A private room looks like one that is not there. */
		hub_error(chat, request, ERROR_FORBIDDEN, "error.private_room", &args);
		return false;
	}
	if (user->rooms >= chat->config.limits.rooms_per_user) {
		hub_error(chat, request, ERROR_FORBIDDEN, "error.too_many_joined", &args);
		return false;
	}
	return true;
}

/* Makes the user a member, in the store too where he has an account. NULL: answered. */
static struct member *become_member(struct chat *chat, const struct request *request, struct room *room,
				    enum role role)
{
	struct user *user = request->peer->user;
	struct member *member = room_find_member(room, user);
	if (member)
		return member;
	if (user->account) {
		struct store *store = chat->config.store;
		struct store_member stored = {.account = user->account, .room_id = room->id, .role = role};
		int result = hub_begin(chat, request) ? STORE_FAILED : store->ops->put_member(store, &stored);
		if (hub_finish(chat, request, result))
			return NULL;
	}
	room_use_invitation(room, user);
	member = room_add_member(room, user);
	member->role = role;
	return member;
}

void hub_join_room(struct chat *chat, const struct request *request, struct room *room)
{
	if (!check_entry(chat, request, room))
		return;
	struct member *member = become_member(chat, request, room, ROLE_MEMBER);
	if (member)
		follow_and_answer(chat, request, member);
}

/* Makes the room that a first join names, and its owner. */
static void create_room(struct chat *chat, const struct request *request, const char *name)
{
	struct store *store = chat->config.store;
	struct store_room stored = {.name = name};
	struct text_args args = {.room = name, .number = chat->config.limits.rooms_max};
	if (!utf8_is_room_name(name)) {
		hub_error(chat, request, *name == '#' ? ERROR_BAD_NAME : ERROR_NO_ROOM,
			  *name == '#' ? "error.bad_room_name" : NULL, &args);
		return;
	}
	if (chat->rooms.by_name.count >= (size_t)chat->config.limits.rooms_max) {
		hub_error(chat, request, ERROR_FORBIDDEN, "error.too_many_rooms", &args);
		return;
	}
	args.number = chat->config.limits.rooms_per_user;
	if (request->peer->user->rooms >= chat->config.limits.rooms_per_user) {
		hub_error(chat, request, ERROR_FORBIDDEN, "error.too_many_joined", &args);
		return;
	}
	int result =
	    hub_begin(chat, request) ? STORE_FAILED : store->ops->create_room(store, &stored, &stored.id);
	if (hub_finish(chat, request, result))
		return;
	struct room *room = rooms_add(&chat->rooms, &stored);
	struct member *member = become_member(chat, request, room, ROLE_OWNER);
	if (member)
		follow_and_answer(chat, request, member);
}

void do_join(struct chat *chat, struct request *request)
{
	if (!hub_need_user(chat, request))
		return;
	const char *name = request->text[REQUEST_TEXT_ROOM];
	struct room *room =
	    *name == '@' ? hub_direct_room(chat, request, name, true) : rooms_find(&chat->rooms, name);
	if (room && !(room->is_direct && *name != '@'))
		hub_join_room(chat, request, room);
	else if (!room && *name != '@')
		create_room(chat, request, name);
	else if (room)
		hub_error(chat, request, ERROR_NO_ROOM, NULL, &(struct text_args){.room = name});
}

void hub_leave_room(struct chat *chat, struct peer *peer, struct following *following, bool for_good)
{
	struct member *member = following->member;
	struct room *room = member->room;
	peer_remove_following(peer, following);
	if (peer->room == room)
		peer->room = rooms_find(&chat->rooms, CHAT_LOBBY);
	if (member->connections)
		return;
	tell(chat, room, ENTRY_EXIT, peer);
	/* A guest is a member while he is connected; of a direct conversation while his name is his. */
	if (for_good || (!member->user->account && !room->is_direct))
		room_remove_member(member);
}

static void tell_left(struct chat *chat, const struct peer *peer, struct reply *left,
		      struct following *following, const char *room)
{
	left->room = reply_string(left, room);
	if (following)
		left->view = following->view ? following->view->id : 0;
	hub_reply(chat, peer, left);
}

void hub_expel(struct chat *chat, struct member *member, const struct entry *event)
{
	struct room *room = member->room;
	struct user *user = member->user;
	for (struct peer *peer = user->peers; peer; peer = peer->next) {
		struct following *following = peer_find_following(peer, room);
		if (!following)
			continue;
		if (event) {
			struct entry shown = *event;
			shown.room = room->name;
			hub_tell_event(chat, peer, &shown);
		}
		struct reply *left = reply_new(REPLY_LEFT, peer->connection);
		left->is_unasked = true;
		tell_left(chat, peer, left, following, room->name);
		peer_remove_following(peer, following);
		if (peer->room == room)
			peer->room = rooms_find(&chat->rooms, CHAT_LOBBY);
	}
	room_remove_member(member);
}

/* The user leaves with all his connections: he is not a member any more. */
void do_leave(struct chat *chat, struct request *request)
{
	struct room *room = hub_need_membership(chat, request);
	if (!room)
		return;
	struct peer *peer = request->peer;
	struct user *user = peer->user;
	struct store *store = chat->config.store;
	struct member *member = room_find_member(room, user);
	struct following *following = peer_find_following(peer, room);
	char shown[ROOM_SHOWN_BYTES];
	if (user->account && !room->is_direct) {
		int result = hub_begin(chat, request)
				 ? STORE_FAILED
				 : store->ops->drop_member(store, user->account, room->id);
		if (hub_finish(chat, request, result))
			return;
	}
	tell_left(chat, peer, reply_to(request, REPLY_LEFT, peer->connection), following,
		  room_name_for(room, user, shown));
	bool is_last = following && member->connections == 1;
	if (following)
		hub_leave_room(chat, peer, following, !room->is_direct);
	if (!is_last && !room->is_direct && user->account) {
		tell(chat, room, ENTRY_EXIT, peer);
		hub_expel(chat, member, NULL);
	} else if (!following && !user->account && !member->connections) {
		room_remove_member(member);
	}
}

/* --- invitations and settings --- */

void do_invite(struct chat *chat, struct request *request)
{
	struct room *room = hub_need_membership(chat, request);
	if (!room)
		return;
	struct user *user = request->peer->user;
	const char *name = request->text[REQUEST_TEXT_NAME];
	struct user *guest = users_find(&chat->users, name);
	struct text_args args = {.name = name, .room = room->name, .by = user->name};
	if (!permission_may(user, room_find_member(room, user), room, DEED_INVITE)) {
		hub_error(chat, request, ERROR_FORBIDDEN, NULL, NULL);
		return;
	}
	if (!guest) {
		hub_error(chat, request, ERROR_BAD_NAME, "error.no_user", &args);
		return;
	}
	if (!room_find_member(room, guest))
		room_invite(room, guest);
	struct entry event = {.kind = ENTRY_NOTICE,
			      .room = room->name,
			      .name = user->name,
			      .key = "event.invite",
			      .args = args};
	for (struct peer *peer = guest->peers; peer; peer = peer->next)
		hub_tell_event(chat, peer, &event);
	hub_ok(chat, request);
}

void do_set(struct chat *chat, struct request *request)
{
	struct room *room = hub_need_membership(chat, request);
	if (!room)
		return;
	struct user *user = request->peer->user;
	struct store *store = chat->config.store;
	bool is_lobby = !strcmp(room->name, CHAT_LOBBY);
	if (!permission_may(user, room_find_member(room, user), room, DEED_SET) ||
	    (is_lobby && request->number[REQUEST_NUMBER_PRIVATE])) {
		hub_error(chat, request, ERROR_FORBIDDEN, NULL, NULL);
		return;
	}
	bool sets_private = request_has(request, REQUEST_NUMBER_PRIVATE);
	bool sets_days = request_has(request, REQUEST_NUMBER_RETENTION_DAYS);
	if (!sets_private && !sets_days) {
		hub_bad_field(chat, request, "private, retention_days");
		return;
	}
	struct store_room stored = {
	    .id = room->id,
	    .topic = room->topic,
	    .is_private = sets_private ? request->number[REQUEST_NUMBER_PRIVATE] != 0 : room->is_private,
	    .retention_days =
		sets_days ? request->number[REQUEST_NUMBER_RETENTION_DAYS] : room->retention_days,
	};
	int result = hub_begin(chat, request) ? STORE_FAILED : store->ops->update_room(store, &stored);
	if (hub_finish(chat, request, result))
		return;
	room->is_private = stored.is_private;
	room->retention_days = stored.retention_days;
	chat->chores_ms = 0; /* retention may have work now */
	hub_user_event(chat, room, ENTRY_SET, user, request->peer->author,
		       sets_private ? room->is_private ? "event.set_private" : "event.set_public"
				    : "event.set_retention",
		       &(struct text_args){.by = user->name, .number = room->retention_days});
	hub_ok(chat, request);
}
