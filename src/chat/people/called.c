/* Lists the messages that name or answer somebody, in all of their rooms. */
#include "chat/answer.h"
#include "chat/errand.h"
#include "chat/talk/listing.h"
#include "chat/state.h"

static void called_take(struct store_query *query, const struct store_command *done)
{
	struct reply *reply = ((struct question *)query)->context;
	const struct entry *entry = done->append.entry;
	struct text_args args = {.room = entry->room,
				 .name = entry->name,
				 .text = entry->text,
				 .number = (int64_t)entry->seq,
				 .time_ms = entry->time_ms};
	struct listing_row *row = listing_add(reply, TEXT_answer_mentions_row, &args);
	listing_add_text(reply, row, "room", entry->room);
	listing_add_number(reply, row, "seq", (int64_t)entry->seq);
	listing_add_text(reply, row, "name", entry->name);
	listing_add_time(reply, row, "time", entry->time_ms);
	listing_add_text(reply, row, "message", entry->text);
}

void do_mentions(struct chat *chat, struct request *request)
{
	int64_t limit = request->number[REQUEST_NUMBER_LIMIT];
	struct store_query query = {.question = STORE_LIST_MENTIONS,
				    .person = request->peer->user->id,
				    .limit = limit ? (size_t)limit : LIMIT_PAGE_DEFAULT,
				    .visit = called_take};
	question_ask(chat, request, &query, question_reply,
		     listing_new(request, "mentions", TEXT_answer_mentions));
}
