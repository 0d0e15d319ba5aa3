#include "chat/need.h"

#include "base/clock.h"
#include "chat/answer.h"
#include "chat/state.h"

#include <string.h>

struct user *need_user(struct chat *chat, const struct request *request)
{
	if (!request->peer->user)
		answer_error(chat, request, ERROR_NEED_HELLO, TEXT_NONE, NULL);
	return request->peer->user;
}

struct user *need_account(struct chat *chat, const struct request *request)
{
	struct user *user = need_user(chat, request);
	if (!user || user_is_account(user))
		return user;
	answer_error(chat, request, ERROR_AUTH_REQUIRED, TEXT_error_need_account, NULL);
	return NULL;
}

struct user *need_admin(struct chat *chat, const struct request *request)
{
	struct user *user = need_user(chat, request);
	if (!user || user->is_admin)
		return user;
	answer_error(chat, request, ERROR_FORBIDDEN, TEXT_error_need_admin, NULL);
	return NULL;
}

bool need_wait_for_user(struct chat *chat, struct request *request, const struct user *user)
{
	bool must_wait = user && batch_is_under_way(chat, user->changing);
	if (must_wait)
		hold_request(chat, request);
	return must_wait;
}

bool need_wait_for_room(struct chat *chat, struct request *request, const struct room *room)
{
	bool must_wait = room && batch_is_under_way(chat, room->changing);
	if (must_wait)
		hold_request(chat, request);
	return must_wait;
}

bool need_may_see(const struct user *user, const struct room *room)
{
	return !room->is_private || user->is_admin || room_find_member(room, user) ||
	       room_find_invitation(room, user->id, clock_wall_ms());
}

struct room *need_direct(const struct chat *chat, const struct user *user, const char *name,
			 struct user **other)
{
	*other = users_find(&chat->users, name + 1);
	if (!*other)
		*other = users_find_gone(&chat->users, name + 1);
	if (!*other)
		return NULL;
	return rooms_find_direct(&chat->rooms, user->id, (*other)->id);
}

static struct room *find_direct(struct chat *chat, struct request *request, const char *name)
{
	struct user *other;
	struct room *room = need_direct(chat, request->peer->user, name, &other);
	struct text_args args = {.name = name + 1, .room = name};
	if (need_wait_for_user(chat, request, other))
		return NULL;
	if (!room)
		answer_error(chat, request, other ? ERROR_NO_ROOM : ERROR_NO_USER,
			     other ? TEXT_NONE : TEXT_error_no_user, &args);
	return room;
}

struct room *need_room(struct chat *chat, struct request *request)
{
	struct user *user = need_user(chat, request);
	if (!user)
		return NULL;
	const char *name = request->text[REQUEST_TEXT_ROOM];
	if (name && *name == '@')
		return find_direct(chat, request, name);
	/* Simple messages of a connection that entered by hello go where they would without it. */
	struct room *room = name                  ? rooms_find(&chat->rooms, name)
			    : request->peer->room ? request->peer->room
						  : rooms_find(&chat->rooms, CHAT_LOBBY);
	/* The inner name of a direct conversation is not for people. */
	if (room && room->is_direct && name)
		room = NULL;
	if (need_wait_for_room(chat, request, room))
		return NULL;
	if (room && (room->is_direct || need_may_see(user, room)))
		return room;
	answer_error(chat, request, ERROR_NO_ROOM, TEXT_NONE, &(struct text_args){.room = name});
	return NULL;
}

struct room *need_membership(struct chat *chat, struct request *request)
{
	struct room *room = need_room(chat, request);
	if (!room || room_find_member(room, request->peer->user))
		return room;
	char shown[ROOM_SHOWN_BYTES];
	struct text_args args = {.room = room_name_for(room, request->peer->user, shown)};
	/* Both sides of a direct conversation may read it, also when they took it off their list. */
	if (room->is_direct)
		return room;
	answer_error(chat, request, ERROR_NOT_MEMBER, TEXT_NONE, &args);
	return NULL;
}
