/* Looking around: rooms, who is there, help, ping. */
#include "chat/list.h"

#include "base/clock.h"
#include "chat/answer.h"
#include "chat/need.h"
#include "chat/permission.h"
#include "chat/state.h"

#include <stdlib.h>
#include <string.h>

void list_fill_row(struct chat *chat, struct reply *reply, struct reply_row *row, const struct member *member)
{
	const struct room *room = member->room;
	const struct user *user = member->user;
	char shown[ROOM_SHOWN_BYTES];
	const struct sanction *mute = room_meets(room, SANCTION_MUTE, user, NULL, clock_wall_ms());
	(void)chat;
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
	    .is_muted = mute != NULL,
	    .is_gone = room->is_direct && room_other(room, user)->is_gone,
	};
}

static int compare_rows(const void *a, const void *b)
{
	return strcmp(((const struct reply_row *)a)->name, ((const struct reply_row *)b)->name);
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
		bool is_hidden = room->is_private && !request->peer->user->is_admin &&
				 !room_find_member(room, request->peer->user);
		if (room->is_direct || is_hidden)
			continue;
		list->rows[list->rows_count++] = (struct reply_row){
		    .name = reply_string(reply, room->name),
		    .topic = reply_string(reply, room->topic),
		    .count = (int64_t)room->members_count,
		    .seq = room->end_seq,
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
		    .away = reply_string(reply, member->user->away),
		    .role = role_name(member->role),
		    .is_online = member->connections > 0,
		    .is_guest = !user_is_account(member->user),
		};
	}
	qsort(list->rows, list->rows_count, sizeof *list->rows, compare_rows);
	batch_reply(chat, request->peer, reply);
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
