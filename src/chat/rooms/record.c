/* Lists for moderators: bans and mutes in force, and the record of moderation. */
#include "base/clock.h"
#include "chat/answer.h"
#include "chat/errand.h"
#include "chat/talk/listing.h"
#include "chat/need.h"
#include "chat/rooms/permission.h"
#include "chat/state.h"

#include <assert.h>
#include <string.h>

/* The room, where the asker moderates it; NULL: answered. */
static struct room *need_keeper(struct chat *chat, struct request *request)
{
	const struct user *user = request->peer->user;
	struct room *room =
	    user && user->is_admin ? need_room(chat, request) : need_membership(chat, request);
	if (!room || permission_may(user, room_find_member(room, user), room, PERMISSION_BAN))
		return room;
	answer_error(chat, request, ERROR_FORBIDDEN, TEXT_NONE, NULL);
	return NULL;
}

static const char *kind_name(enum sanction_kind kind)
{
	return kind == SANCTION_BAN ? "ban" : "mute";
}

/* A sanction on a person and one on their address are two rows, told apart by their targets. */
static void record_add_sanction(struct reply *reply, const struct sanction *one)
{
	struct text_args args = {
	    .name = one->name, .by = one->by, .text = kind_name(one->kind), .time_ms = one->until_ms};
	enum text key = one->until_ms ? TEXT_answer_bans_row_until : TEXT_answer_bans_row;
	struct listing_row *row = listing_add(reply, key, &args);
	listing_add_text(reply, row, "name", one->name);
	listing_add_text(reply, row, "kind", kind_name(one->kind));
	listing_add_text(reply, row, "by", one->by);
	listing_add_text(reply, row, "reason", *one->reason ? one->reason : NULL);
	listing_add_text(reply, row, "address", one->is_network ? one->target : NULL);
	listing_add_time(reply, row, "time", one->time_ms);
	listing_add_time(reply, row, "until", one->until_ms);
}

void do_bans(struct chat *chat, struct request *request)
{
	struct room *room = need_keeper(chat, request);
	if (!room)
		return;
	int64_t now_ms = clock_wall_ms();
	struct reply *reply = listing_new(request, "bans", TEXT_answer_bans);
	for (const struct sanction *one = room->sanctions.first; one; one = one->next)
		if (!one->until_ms || one->until_ms > now_ms)
			record_add_sanction(reply, one);
	batch_reply(chat, request->peer, reply);
}

/* --- the record --- */

static void take_deed(struct store_query *query, const struct store_command *done)
{
	assert(done->op == STORE_ADD_DEED);
	struct reply *reply = ((struct question *)query)->context;
	const struct store_deed *deed = &done->deed;
	if (reply->listing->count + 1 == (int64_t)query->limit) {
		/* One more than was asked for says that there are more. */
		reply->listing->has_more = true;
		return;
	}
	struct text_args args = {
	    .name = deed->target, .by = deed->by, .text = deed->op, .time_ms = deed->time_ms};
	struct listing_row *row = listing_add(reply, TEXT_answer_record_row, &args);
	listing_add_number(reply, row, "n", deed->id);
	listing_add_time(reply, row, "time", deed->time_ms);
	listing_add_text(reply, row, "what", deed->op);
	listing_add_text(reply, row, "by", deed->by);
	listing_add_text(reply, row, "name", deed->target);
	listing_add_text(reply, row, "reason", *deed->reason ? deed->reason : NULL);
	listing_add_time(reply, row, "until", deed->until_ms);
}

/* Newest first; `before` takes the "n" of the last row. */
void do_record(struct chat *chat, struct request *request)
{
	struct room *room = need_keeper(chat, request);
	if (!room)
		return;
	int64_t limit = request->number[REQUEST_NUMBER_LIMIT];
	struct reply *reply = listing_new(request, "record", TEXT_answer_record);
	reply->listing->is_page = true;
	struct store_query query = {.question = STORE_LIST_RECORD,
				    .room_id = room->id,
				    .before = (uint64_t)request->number[REQUEST_NUMBER_BEFORE],
				    .limit = (limit ? (size_t)limit : LIMIT_PAGE_DEFAULT) + 1,
				    .visit = take_deed};
	question_ask(chat, request, &query, question_reply, reply);
}

/* --- the end of a room --- */

void do_close(struct chat *chat, struct request *request)
{
	const struct user *user = request->peer->user;
	struct room *room =
	    user && user->is_admin ? need_room(chat, request) : need_membership(chat, request);
	if (!room)
		return;
	assert(user);
	if (!permission_may(user, room_find_member(room, user), room, PERMISSION_SET) ||
	    !strcmp(room->name, CHAT_LOBBY)) {
		answer_error(chat, request, ERROR_FORBIDDEN, TEXT_NONE, NULL);
		return;
	}
	struct change *change = batch_change(chat, request, NULL);
	struct arena *arena = batch_arena(chat);
	const char *name = arena_string(arena, room->name);
	struct entry *farewell = arena_zero(arena, sizeof *farewell);
	*farewell = (struct entry){.kind = ENTRY_NOTICE,
				   .name = user->name,
				   .key = TEXT_event_closed,
				   .code = "closed",
				   .args = {.by = user->name, .room = name}};
	change->farewell = farewell;
	batch_add(chat, change, STORE_REMOVE_ROOM)->room.id = room->id;
	batch_add(chat, change, STORE_ADD_DEED)->deed = (struct store_deed){.room_id = room->id,
									    .op = "close",
									    .by = user->name,
									    .target = name,
									    .reason = "",
									    .time_ms = clock_wall_ms()};
	room->changing = batch_mark_now(chat);
}
