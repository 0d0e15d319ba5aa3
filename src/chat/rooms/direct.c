#include "chat/rooms/direct.h"

#include "chat/answer.h"
#include "chat/people/block.h"
#include "chat/rooms/membership.h"
#include "chat/need.h"
#include "chat/pace.h"
#include "chat/publish.h"
#include "chat/state.h"

#include <string.h>

void direct_follow_all(struct chat *chat, struct room *room)
{
	for (int i = 0; i < room_sides_count(room->sides); i++)
		for (struct peer *peer = room->sides[i]->peers; peer; peer = peer->next)
			membership_follow(chat, peer, room);
}

/* Anybody can be as many guests as they like, who write once and go. The oldest of these conversations goes off the list
 * as by `leave`: nothing of it is lost. */
static void direct_shorten_list(struct chat *chat, struct change *change, const struct user *user)
{
	const struct room *oldest = NULL;
	size_t count = 0;
	for (const struct member *member = user->memberships; member; member = member->next) {
		const struct room *room = member->room;
		if (!room->is_direct || !room_other(room, user)->is_gone)
			continue;
		count++;
		if (!oldest || room->id < oldest->id)
			oldest = room;
	}
	if (count >= LIMIT_GONE_DIRECTS)
		batch_add(chat, change, STORE_DROP_MEMBER)->member =
		    (struct store_member){.person = user->id, .room_id = oldest->id};
}

void direct_add_to(struct chat *chat, struct change *change, const struct room *room,
		   struct user *const sides[ROOM_SIDES])
{
	int first = sides[0]->id > sides[1]->id, count = room_sides_count(sides);
	if (!room) {
		char name[ROOM_DIRECT_NAME_BYTES];
		room_direct_name(sides[0]->id, sides[1]->id, name);
		struct store_command *add = batch_add(chat, change, STORE_ADD_ROOM);
		add->room = (struct store_room){.name = arena_string(batch_arena(chat), name),
						.is_direct = true,
						.is_private = true,
						.topic = "",
						.sides = {sides[first]->id, sides[!first]->id}};
		for (int i = 0; i < count; i++)
			direct_shorten_list(chat, change, sides[i]);
	}
	for (int i = 0; i < count; i++) {
		if (room && room_find_member(room, sides[i]))
			continue;
		batch_add(chat, change, STORE_PUT_MEMBER)->member =
		    (struct store_member){.person = sides[i]->id,
					  .room_id = room ? room->id : 0,
					  .role = ROLE_MEMBER,
					  .read_seq = room ? room->end_seq : 0};
	}
}

bool direct_is_welcome(struct chat *chat, const struct request *request, const struct user *other)
{
	const struct user *user = request->peer->user;
	if (!user_has_blocked(other, user) && !user_has_blocked(user, other))
		return true;
	answer_error(chat, request, ERROR_FORBIDDEN, TEXT_error_blocked,
		     &(struct text_args){.room = request->text[REQUEST_TEXT_ROOM]});
	return false;
}

static void then_direct_joined(struct chat *chat, struct change *change)
{
	const struct request *request = change->request;
	struct user *other;
	struct room *room = need_direct(chat, request->peer->user, request->text[REQUEST_TEXT_ROOM], &other);
	struct member *member = room ? room_find_member(room, request->peer->user) : NULL;
	if (member)
		membership_answer(chat, request, member);
	else
		hold_retry(chat, change);
}

/* Lines of a simple form go to the room that it has joined last, so its conversation is made when it joins. */
static void make_now(struct chat *chat, struct request *request, struct user *other)
{
	struct user *sides[ROOM_SIDES] = {request->peer->user, other};
	struct change *change = batch_change(chat, request, then_direct_joined);
	direct_add_to(chat, change, NULL, sides);
	sides[0]->changing = sides[1]->changing = batch_mark_now(chat);
}

void direct_join(struct chat *chat, struct request *request)
{
	struct user *other;
	const char *name = request->text[REQUEST_TEXT_ROOM];
	need_direct(chat, request->peer->user, name, &other);
	if (!other || other->is_gone) {
		struct text_args args = {.name = name + 1, .room = name};
		answer_error(chat, request, ERROR_NO_USER, TEXT_error_no_user, &args);
	} else if (need_wait_for_user(chat, request, other)) {
		return;
	} else if (!direct_is_welcome(chat, request, other)) {
		return;
	} else if (request->peer->is_simple && !pace_may_begin_direct(chat, request)) {
		return;
	} else if (request->peer->is_simple) {
		make_now(chat, request, other);
	} else {
		/* Looking makes nothing: there is no log to read yet, and the first message brings one. */
		struct reply *joined = answer_new(request, REPLY_JOINED);
		joined->room = reply_string(joined, name);
		joined->joined.topic = "";
		joined->joined.count = other == request->peer->user ? 1 : ROOM_SIDES;
		batch_reply(chat, request->peer, joined);
	}
}

void direct_forget(struct chat *chat, struct user *user)
{
	if (!user->has_directs)
		return;
	struct room *gone = NULL;
	do {
		size_t bucket = 0;
		gone = NULL;
		for (struct table_link *link = NULL;
		     !gone && (link = table_walk(&chat->rooms.by_name, &bucket, link));) {
			struct room *room = TABLE_OF(link, struct room, by_name);
			bool is_theirs =
			    room->is_direct && (room->sides[0] == user || room->sides[1] == user);
			const struct user *other = is_theirs ? room_other(room, user) : NULL;
			if (other && (!room->end_seq || other->is_gone || other == user))
				gone = room;
		}
		while (gone && gone->members_count)
			membership_end(chat, gone->members[0], NULL, NULL);
		if (gone)
			rooms_remove(&chat->rooms, gone);
	} while (gone);
}

void direct_renamed(struct chat *chat, const struct user *user)
{
	size_t bucket = 0;
	if (!user->has_directs)
		return;
	for (struct table_link *link = NULL; (link = table_walk(&chat->rooms.by_name, &bucket, link));) {
		struct room *room = TABLE_OF(link, struct room, by_name);
		if (room->is_direct && (room->sides[0] == user || room->sides[1] == user))
			publish_seal(chat, room);
	}
}
