#include "chat/talk/listing.h"

#include "chat/answer.h"

#include <assert.h>

void listing_open(struct reply *reply, const char *key, enum text text_key)
{
	struct listing *listing = arena_zero(&reply->arena, sizeof *listing);
	listing->key = key;
	listing->text_key = text_key;
	listing->rows_last = &listing->rows;
	reply->listing = listing;
}

struct reply *listing_new(const struct request *request, const char *key, enum text text_key)
{
	struct reply *reply = reply_to(request, REPLY_LISTING, request->peer->connection);
	listing_open(reply, key, text_key);
	return reply;
}

struct listing_row *listing_add(struct reply *reply, enum text text_key, const struct text_args *args)
{
	assert(reply->listing);
	struct listing *listing = reply->listing;
	struct listing_row *row = arena_zero(&reply->arena, sizeof *row);
	row->cells_last = &row->cells;
	row->text_key = text_key;
	row->args = reply_copy_args(reply, args);
	*listing->rows_last = row;
	listing->rows_last = &row->next;
	listing->count++;
	return row;
}

static struct listing_cell *add_cell(struct reply *reply, struct listing_row *row, const char *key,
				     enum listing_kind kind, int64_t number)
{
	assert(key && reply->listing);
	struct listing_cell *cell = arena_zero(&reply->arena, sizeof *cell);
	cell->key = key;
	cell->kind = kind;
	cell->number = number;
	*row->cells_last = cell;
	row->cells_last = &cell->next;
	return cell;
}

void listing_add_text(struct reply *reply, struct listing_row *row, const char *key, const char *text)
{
	if (text)
		add_cell(reply, row, key, LISTING_TEXT, 0)->text = reply_string(reply, text);
}

void listing_add_picture(struct reply *reply, struct listing_row *row, const char *key, const char *id,
			 const char *picture_key)
{
	struct listing_cell *cell = add_cell(reply, row, key, LISTING_PICTURE, 0);
	cell->text = reply_string(reply, id);
	cell->picture_key = reply_string(reply, picture_key);
}

void listing_add_number(struct reply *reply, struct listing_row *row, const char *key, int64_t number)
{
	add_cell(reply, row, key, LISTING_NUMBER, number);
}

void listing_add_bool(struct reply *reply, struct listing_row *row, const char *key, bool is_true)
{
	add_cell(reply, row, key, LISTING_BOOL, is_true);
}

void listing_add_time(struct reply *reply, struct listing_row *row, const char *key, int64_t time_ms)
{
	if (time_ms)
		add_cell(reply, row, key, LISTING_TIME, time_ms);
}
