/* Direct conversations: rooms of two, which each side calls by the other's name.
 *
 * The room's inner name is "direct:SIDE:SIDE" with the sides in order; a side is "a7" for account 7 and "g…"
 * for a guest's session, so that whoever has a guest's name later does not find what was said to him. */
#include "chat/hub.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIDE_BYTES (SESSION_TEXT_BYTES + 24)

static void side_of(const struct user *user, char side[SIDE_BYTES])
{
	char session[SESSION_TEXT_BYTES];
	user_session_text(user, session);
	if (user->account)
		snprintf(side, SIDE_BYTES, "a%lld", (long long)user->account);
	else
		/* A part of it, so that the database does not hold what opens the session. */
		snprintf(side, SIDE_BYTES, "g%.12s%llx", session, (unsigned long long)user->since_ms);
}

static bool inner_name(const struct user *one, const struct user *other, char *name, size_t bytes)
{
	char first[SIDE_BYTES], second[SIDE_BYTES];
	side_of(one, first);
	side_of(other, second);
	bool is_first = strcmp(first, second) < 0;
	snprintf(name, bytes, "direct:%s:%s", is_first ? first : second, is_first ? second : first);
	return is_first;
}

bool direct_name_of_account(const struct room *room, const struct user *user, int64_t account,
			    char name[DIRECT_NAME_BYTES])
{
	char own[SIDE_BYTES], others[SIDE_BYTES];
	const struct user *other = room->sides[room->sides[0] == user];
	if (!room->is_direct || !other)
		return false;
	snprintf(own, sizeof own, "a%lld", (long long)account);
	side_of(other, others);
	bool is_first = strcmp(own, others) < 0;
	snprintf(name, DIRECT_NAME_BYTES, "direct:%s:%s", is_first ? own : others, is_first ? others : own);
	return true;
}

static int store_conversation(struct chat *chat, struct store_room *stored,
			      struct user *const sides[ROOM_SIDES])
{
	struct store *store = chat->config.store;
	int result = store->ops->create_room(store, stored, &stored->id);
	for (int i = 0; i < ROOM_SIDES && result == STORE_OK; i++) {
		struct store_member member = {
		    .account = sides[i]->account, .room_id = stored->id, .role = ROLE_MEMBER};
		if (member.account)
			result = store->ops->put_member(store, &member);
	}
	return result;
}

static struct room *make_room(struct chat *chat, const struct request *request, const char *name,
			      struct user *const sides[ROOM_SIDES])
{
	struct store_room stored = {.name = name, .is_direct = true, .is_private = true};
	int result = hub_begin(chat, request) ? STORE_FAILED : store_conversation(chat, &stored, sides);
	if (hub_finish(chat, request, result))
		return NULL;
	struct room *room = rooms_add(&chat->rooms, &stored);
	for (int i = 0; i < ROOM_SIDES; i++) {
		room->sides[i] = sides[i];
		room_add_member(room, sides[i]);
	}
	return room;
}

struct room *hub_direct_room(struct chat *chat, const struct request *request, const char *name,
			     bool may_make)
{
	struct user *user = request->peer->user;
	struct user *other = users_find(&chat->users, name + 1);
	struct text_args args = {.name = name + 1, .room = name, .number = chat->config.limits.rooms_max};
	char inner[SIDE_BYTES * 2 + 16];
	if (!other || other == user) {
		hub_error(chat, request, ERROR_NO_ROOM, "error.no_user", &args);
		return NULL;
	}
	bool is_first = inner_name(user, other, inner, sizeof inner);
	struct room *room = rooms_find(&chat->rooms, inner);
	if (room)
		return room;
	if (!may_make || user_has_blocked(other, user)) {
		hub_error(chat, request, may_make ? ERROR_FORBIDDEN : ERROR_NO_ROOM,
			  may_make ? "error.blocked" : NULL, &args);
		return NULL;
	}
	if (chat->rooms.by_name.count >= (size_t)chat->config.limits.rooms_max) {
		hub_error(chat, request, ERROR_FORBIDDEN, "error.too_many_rooms", &args);
		return NULL;
	}
	struct user *sides[ROOM_SIDES] = {is_first ? user : other, is_first ? other : user};
	return make_room(chat, request, inner, sides);
}

void direct_load_sides(struct chat *chat, struct room *room)
{
	const char *at = room->name;
	for (int i = 0; i < ROOM_SIDES && (at = strchr(at, ':')); i++)
		if (*++at == 'a')
			room->sides[i] = users_find_account(&chat->users, strtoll(at + 1, NULL, 10));
}

void direct_follow_all(struct chat *chat, struct room *room)
{
	for (int i = 0; i < ROOM_SIDES; i++)
		for (struct peer *peer = room->sides[i] ? room->sides[i]->peers : NULL; peer;
		     peer = peer->next)
			hub_follow(chat, peer, room);
}

void direct_forget_side(struct user *user)
{
	for (struct member *member = user->memberships; member; member = member->next)
		for (int i = 0; i < ROOM_SIDES; i++)
			if (member->room->sides[i] == user)
				member->room->sides[i] = NULL;
}
