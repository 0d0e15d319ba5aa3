/* The pinned messages of a room: moderators pin, everybody in the room reads. */
#include "base/clock.h"
#include "chat/answer.h"
#include "chat/errand.h"
#include "chat/talk/listing.h"
#include "chat/need.h"
#include "chat/rooms/permission.h"
#include "chat/state.h"

#include <assert.h>

static void pin_then_changed(struct chat *chat, struct change *change)
{
	assert(batch_command(change, 0)->op == STORE_PUT_PIN ||
	       batch_command(change, 0)->op == STORE_DROP_PIN);
	const struct request *request = change->request;
	const struct store_pin *stored = &batch_command(change, 0)->pin;
	bool is_on = request->number[REQUEST_NUMBER_ON];
	struct room *room = rooms_find_by_id(&chat->rooms, stored->room_id);
	struct text_args args = {.by = request->peer->user->name, .number = (int64_t)stored->seq};
	if (change->result == STORE_LIMIT) {
		answer_limit(chat, request, TEXT_error_too_many_pins, LIMIT_PINS);
	} else if (change->result != STORE_OK) {
		answer_error(chat, request, ERROR_NO_MESSAGE, is_on ? TEXT_NONE : TEXT_error_no_pin, &args);
	} else {
		answer_ok(chat, request);
		struct entry event = {.kind = ENTRY_NOTICE,
				      .key = is_on ? TEXT_event_pin : TEXT_event_unpin,
				      .code = "pin",
				      .args = args};
		if (room)
			tell_room_of(chat, room, request->peer->user, &event);
	}
}

void do_pin(struct chat *chat, struct request *request)
{
	struct room *room = need_membership(chat, request);
	if (!room)
		return;
	const struct user *user = request->peer->user;
	if (!permission_may(user, room_find_member(room, user), room, PERMISSION_PIN)) {
		answer_error(chat, request, ERROR_FORBIDDEN, TEXT_NONE, NULL);
		return;
	}
	struct change *change = batch_change(chat, request, pin_then_changed);
	bool is_on = request->number[REQUEST_NUMBER_ON];
	batch_add(chat, change, is_on ? STORE_PUT_PIN : STORE_DROP_PIN)->pin =
	    (struct store_pin){.room_id = room->id,
			       .seq = (uint64_t)request->number[REQUEST_NUMBER_TARGET],
			       .by = arena_string(batch_arena(chat), user->name),
			       .time_ms = clock_wall_ms(),
			       .most = LIMIT_PINS};
	room->changing = batch_mark_now(chat);
}

static void pin_take(struct store_query *query, const struct store_command *done)
{
	assert(done->op == STORE_PUT_PIN);
	struct reply *reply = ((struct question *)query)->context;
	const struct store_pin *pin = &done->pin;
	struct text_args args = {
	    .name = pin->name, .text = pin->text, .number = (int64_t)pin->seq, .time_ms = pin->said_ms};
	struct listing_row *row = listing_add(reply, TEXT_answer_pins_row, &args);
	listing_add_number(reply, row, "target", (int64_t)pin->seq);
	listing_add_text(reply, row, "name", pin->name);
	listing_add_text(reply, row, "message", pin->text);
	listing_add_time(reply, row, "time", pin->said_ms);
	listing_add_text(reply, row, "by", pin->by);
	listing_add_time(reply, row, "since", pin->time_ms);
}

void do_pins(struct chat *chat, struct request *request)
{
	struct room *room = need_membership(chat, request);
	if (!room)
		return;
	struct store_query query = {.question = STORE_LIST_PINS, .room_id = room->id, .visit = pin_take};
	struct reply *reply = listing_new(request, "pins", TEXT_answer_pins);
	reply->room = reply_string(reply, request->text[REQUEST_TEXT_ROOM]);
	question_ask(chat, request, &query, question_reply, reply);
}
