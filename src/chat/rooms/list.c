/* Looking around: rooms, who is there, help, ping. */
#include "chat/rooms/list.h"

#include "base/clock.h"
#include "base/mask.h"
#include "base/memory.h"
#include "chat/answer.h"
#include "chat/people/block.h"
#include "chat/need.h"
#include "chat/rooms/permission.h"
#include "chat/people/profile.h"
#include "chat/state.h"
#include "chat/people/watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void list_fill_row(struct reply *reply, struct reply_row *row, const struct member *member)
{
	const struct room *room = member->room;
	const struct user *user = member->user;
	char shown[ROOM_SHOWN_BYTES];
	const struct sanction *mute = room_meets(room, SANCTION_MUTE, user, NULL, clock_wall_ms());
	*row = (struct reply_row){
	    .name = reply_string(reply, room_name_for(room, user, shown)),
	    .topic = reply_string(reply, room->topic),
	    .role = role_name(member->role),
	    .seq = room->end_seq,
	    .read = member->read_seq,
	    .retention_days = room->retention_days,
	    .is_private = room->is_private,
	    .is_read_only = room->is_read_only,
	    .is_topic_locked = room->is_topic_locked,
	    .keeps_edits = room->keeps_edits,
	    .is_muted = mute != NULL,
	    .is_gone = room->is_direct && room_other(room, user)->is_gone,
	};
}

static int compare_rows(const void *a, const void *b)
{
	return strcmp(((const struct reply_row *)a)->name, ((const struct reply_row *)b)->name);
}

static bool may_see_in(const struct room *room, const struct user *viewer)
{
	return !room->is_direct && (!room->is_private || viewer->is_admin || room_find_member(room, viewer));
}

void do_rooms(struct chat *chat, struct request *request)
{
	if (!need_user(chat, request))
		return;
	struct reply *reply = answer_new(request, REPLY_ROOMS);
	struct reply_list *list = &reply->list;
	list->rows = arena_zero(&reply->arena, chat->rooms.by_name.count * sizeof *list->rows);
	size_t bucket = 0;
	for (struct table_link *link = NULL; (link = table_walk(&chat->rooms.by_name, &bucket, link));) {
		const struct room *room = TABLE_OF(link, struct room, by_name);
		if (!may_see_in(room, request->peer->user))
			continue;
		list->rows[list->rows_count++] = (struct reply_row){
		    .name = reply_string(reply, room->name),
		    .topic = reply_string(reply, room->topic),
		    .count = (int64_t)room->members_count,
		    .seq = room->end_seq,
		    .since_ms = room->created_ms,
		    .topic_ms = room->topic_ms,
		};
	}
	qsort(list->rows, list->rows_count, sizeof *list->rows, compare_rows);
	batch_reply(chat, request->peer, reply);
}

void do_who(struct chat *chat, struct request *request)
{
	struct room *room = need_membership(chat, request);
	if (!room)
		return;
	struct reply *reply = answer_new(request, REPLY_WHO);
	struct reply_list *list = &reply->list;
	size_t shown = room->members_count;
	if (shown > (size_t)chat->config.limits.who_max)
		shown = (size_t)chat->config.limits.who_max;
	char shown_name[ROOM_SHOWN_BYTES];
	reply->room = reply_string(reply, room_name_for(room, request->peer->user, shown_name));
	list->count = (int64_t)room->members_count;
	list->rows = arena_zero(&reply->arena, shown * sizeof *list->rows);
	for (; list->rows_count < shown; list->rows_count++) {
		const struct member *member = room->members[list->rows_count];
		list->rows[list->rows_count] = (struct reply_row){
		    .name = reply_string(reply, member->user->name),
		    .away = reply_string(reply, user_away_for(member->user, request->peer->user)),
		    .role = role_name(member->role),
		    .is_online = member_is_there(member),
		    .is_guest = !user_is_account(member->user),
		};
		profile_fill_row(reply, &list->rows[list->rows_count], member);
	}
	qsort(list->rows, list->rows_count, sizeof *list->rows, compare_rows);
	batch_reply(chat, request->peer, reply);
}

/* --- looking at people, as IRC does --- */

/* The person as the viewer may see them. */
static void fill_person(const struct chat *chat, struct reply *reply, struct reply_row *row,
			const struct user *user, const struct user *viewer)
{
	/* The connection that came first says who they are. */
	const struct peer *peer = user->peers;
	const char *display = user_display(user);
	while (peer && peer->next)
		peer = peer->next;
	const struct distant_looks *looks = peer ? NULL : distant_find_looks(chat, user);
	const char *user_name = peer ? peer_user_name(peer) : looks ? looks->user_name : NULL;
	const char *real_name = peer ? peer_real_name(peer) : looks ? looks->real_name : display;
	*row = (struct reply_row){
	    .name = reply_string(reply, user->name),
	    .away = reply_string(reply, user_away_for(user, viewer)),
	    .ip = reply_string(reply, peer    ? peer_shown_ip(peer)
				      : looks ? looks->ip
					      : NULL),
	    .user = reply_string(reply, user_name ? user_name : "u"),
	    .real_name = reply_string(reply, real_name ? real_name : user->name),
	    .is_online = user_is_online(user),
	    .is_guest = !user_is_account(user),
	    .is_admin = user->is_admin,
	    .is_bot = peer ? peer->is_bot : looks && looks->is_bot,
	    .since_ms = user->since_ms,
	};
}

static void fill_room(const struct chat *chat, struct reply *reply, struct reply_look *look,
		      const struct room *room, const struct user *viewer)
{
	struct reply_list *people = &look->people;
	look->topic = reply_string(reply, room->topic);
	look->topic_by = reply_string(reply, room->topic_by);
	look->topic_ms = room->topic_ms;
	look->created_ms = room->created_ms;
	look->is_member = room_find_member(room, viewer) != NULL;
	look->room_rules = (room->is_private ? ROOM_RULE_PRIVATE : 0) |
			   (room->is_read_only ? ROOM_RULE_READ_ONLY : 0) |
			   (room->is_topic_locked ? ROOM_RULE_TOPIC_LOCKED : 0);
	people->rows = arena_zero(&reply->arena, room->members_count * sizeof *people->rows);
	for (size_t i = 0; i < room->members_count; i++) {
		const struct member *member = room->members[i];
		/* A guest who is not there may come back, but nobody can tell them anything. */
		if (!member_is_there(member) && !user_is_account(member->user) && member->user != viewer)
			continue;
		struct reply_row *row = &people->rows[people->rows_count++];
		fill_person(chat, reply, row, member->user, viewer);
		row->role = role_name(member->role);
	}
	qsort(people->rows, people->rows_count, sizeof *people->rows, compare_rows);
}

const struct reply_look *list_look_at(const struct chat *chat, struct reply *reply, const struct room *room,
				      const struct user *viewer)
{
	struct reply_look *look = arena_zero(&reply->arena, sizeof *look);
	fill_room(chat, reply, look, room, viewer);
	return look;
}

void list_show_person(const struct chat *chat, struct reply *reply, const struct user *user,
		      const struct user *viewer)
{
	struct reply_list *people = &reply->look.people;
	people->rows = arena_zero(&reply->arena, sizeof *people->rows);
	people->rows_count = 1;
	fill_person(chat, reply, people->rows, user, viewer);
}

static char mark_of(enum role role)
{
	return role == ROLE_OWNER ? '~' : role == ROLE_MODERATOR ? '@' : role == ROLE_SPEAKER ? '+' : '\0';
}

static void fill_rooms(struct reply *reply, struct reply_row *row, const struct user *user,
		       const struct user *viewer)
{
	row->rooms = arena_zero(&reply->arena, (user_count_rooms(user) + 1) * sizeof *row->rooms);
	for (const struct member *member = user->memberships; member; member = member->next) {
		char shown[LIMIT_NAME_BYTES + 2];
		char mark[2] = {mark_of(member->role)};
		if (!may_see_in(member->room, viewer))
			continue;
		snprintf(shown, sizeof shown, "%s%s", mark, member->room->name);
		row->rooms[row->rooms_count++] = reply_string(reply, shown);
	}
}

static void look_at_person(struct chat *chat, struct request *request, const char *name)
{
	struct user *user = users_find(&chat->users, name);
	if (need_wait_for_user(chat, request, user))
		return;
	if (!user) {
		answer_error(chat, request, ERROR_NO_USER, TEXT_error_no_user,
			     &(struct text_args){.name = name});
		return;
	}
	struct reply *reply = answer_new(request, REPLY_LOOK);
	list_show_person(chat, reply, user, request->peer->user);
	struct reply_list *people = &reply->look.people;
	fill_rooms(reply, people->rows, user, request->peer->user);
	batch_reply(chat, request->peer, reply);
}

/* Adds the members that the mask matches and that no earlier room has added. */
static void add_matching(struct chat *chat, struct reply *reply, const struct room *room,
			 const struct user *viewer, const char *mask)
{
	struct reply_list *people = &reply->look.people;
	for (size_t i = 0; i < room->members_count; i++) {
		struct user *user = room->members[i]->user;
		if ((int64_t)people->rows_count >= chat->config.limits.who_max)
			return;
		if (!user_is_online(user) || user->looked == chat->looks)
			continue;
		user->looked = chat->looks;
		if (mask_matches(mask, user->name))
			fill_person(chat, reply, &people->rows[people->rows_count++], user, viewer);
	}
}

/* Shows the people who share a room with the asker, and the asker. */
static void look_at_many(struct chat *chat, struct request *request, const char *mask)
{
	struct user *asker = request->peer->user;
	struct reply *reply = answer_new(request, REPLY_LOOK);
	struct reply_list *people = &reply->look.people;
	asker->looked = ++chat->looks;
	people->rows =
	    arena_zero(&reply->arena, (size_t)(chat->config.limits.who_max + 1) * sizeof *people->rows);
	if (mask_matches(mask, asker->name))
		fill_person(chat, reply, &people->rows[people->rows_count++], asker, asker);
	for (const struct member *member = asker->memberships; member; member = member->next)
		if (!member->room->is_direct &&
		    (int64_t)member->room->members_count <= chat->config.limits.who_max)
			add_matching(chat, reply, member->room, asker, mask);
	batch_reply(chat, request->peer, reply);
}

/* How many are there, and how many rooms there are. */
static void count_people(struct chat *chat, struct request *request)
{
	struct reply *reply = answer_new(request, REPLY_LOOK);
	reply->look.online = (int64_t)chat->online;
	reply->look.online_most = (int64_t)chat->online_most;
	reply->look.rooms = (int64_t)(chat->rooms.by_name.count - chat->rooms.directs);
	batch_reply(chat, request->peer, reply);
}

void do_look(struct chat *chat, struct request *request)
{
	const char *name = request->text[REQUEST_TEXT_NAME];
	struct user *user = need_user(chat, request);
	if (!user)
		return;
	if (name && mask_is_one(name))
		look_at_many(chat, request, name);
	else if (name)
		look_at_person(chat, request, name);
	else
		count_people(chat, request);
}

void do_people(struct chat *chat, struct request *request)
{
	const struct user *user = need_user(chat, request);
	const struct room *room = user ? need_room(chat, request) : NULL;
	if (!room)
		return;
	struct reply *reply = answer_new(request, REPLY_LOOK);
	char shown[ROOM_SHOWN_BYTES];
	reply->room = reply_string(reply, room_name_for(room, user, shown));
	fill_room(chat, reply, &reply->look, room, user);
	batch_reply(chat, request->peer, reply);
}

void do_realname(struct chat *chat, struct request *request)
{
	struct peer *peer = request->peer;
	if (!need_user(chat, request))
		return;
	const char *given = request->text[REQUEST_TEXT_NAME];
	if (request_has(request, REQUEST_NUMBER_ON))
		peer->is_bot = request->number[REQUEST_NUMBER_ON];
	if (!request->text[REQUEST_TEXT_MESSAGE]) {
		answer_ok(chat, request);
		return;
	}
	if (!given)
		profile_take_real_name(chat, peer, request->text[REQUEST_TEXT_MESSAGE]);
	char *user_name = mem_string(given ? given : peer_user_name(peer));
	peer_set_looks(peer, user_name, request->text[REQUEST_TEXT_MESSAGE]);
	free(user_name);
	told_came(chat, peer->user);
	chat_begin_wide(chat);
	struct entry event = {.kind = ENTRY_REALNAME, .author = peer->author, .text = peer_real_name(peer)};
	for (struct member *member = given ? NULL : peer->user->memberships; member; member = member->next)
		tell_room_of(chat, member->room, peer->user, &event);
	event.args.room = NULL;
	if (!given)
		watch_tell(chat, peer->user, &event);
	chat_end_wide(chat);
	answer_ok(chat, request);
}

void do_help(struct chat *chat, struct request *request)
{
	batch_reply(chat, request->peer, answer_new(request, REPLY_HELP));
}

/* Goes the way of all requests, so that its answer comes behind theirs. */
void do_ping(struct chat *chat, struct request *request)
{
	answer_ok(chat, request);
}
