/* Lists the earlier texts of an edited message, in rooms that keep them. */
#include "chat/answer.h"
#include "chat/errand.h"
#include "chat/talk/listing.h"
#include "chat/need.h"
#include "chat/state.h"

static void edits_take(struct store_query *query, const struct store_command *done)
{
	struct reply *reply = ((struct question *)query)->context;
	const struct entry *entry = done->append.entry;
	struct text_args args = {.text = entry->text, .time_ms = entry->time_ms};
	struct listing_row *row = listing_add(reply, TEXT_answer_edits_row, &args);
	listing_add_number(reply, row, "seq", (int64_t)entry->seq);
	listing_add_time(reply, row, "time", entry->time_ms);
	listing_add_text(reply, row, "message", entry->text);
}

static void edits_then_listed(struct chat *chat, struct question *question)
{
	const struct request *request = question->request;
	struct text_args args = {.number = request->number[REQUEST_NUMBER_TARGET]};
	if (question->query.result != STORE_NONE) {
		question_reply(chat, question);
		return;
	}
	reply_free(question->context);
	answer_error(chat, request, ERROR_NO_MESSAGE, TEXT_NONE, &args);
}

void do_edits(struct chat *chat, struct request *request)
{
	struct room *room = need_membership(chat, request);
	if (!room)
		return;
	if (!room->keeps_edits) {
		answer_error(chat, request, ERROR_FORBIDDEN, TEXT_error_no_edits_kept, NULL);
		return;
	}
	struct store_query query = {.question = STORE_LIST_EDITS,
				    .room_id = room->id,
				    .seq = (uint64_t)request->number[REQUEST_NUMBER_TARGET],
				    .limit = LIMIT_EDITS_SHOWN,
				    .visit = edits_take};
	struct reply *reply = listing_new(request, "edits", TEXT_answer_edits);
	reply->room = reply_string(reply, request->text[REQUEST_TEXT_ROOM]);
	question_ask(chat, request, &query, edits_then_listed, reply);
}
