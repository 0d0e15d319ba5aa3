#include "gateway/native_listing.h"

#include "chat/talk/listing.h"
#include "gateway/web/file_link.h"

#include <assert.h>

void native_write_picture(struct json_out *out, const char *field, const char *id, const char *key)
{
	struct buffer path = BUFFER_EMPTY;
	if (!id)
		return;
	file_link_path(&path, id, key, "picture");
	json_text(out, field, buffer_string(&path));
	buffer_release(&path);
}

static void write_cell(struct json_out *out, const struct listing_cell *cell)
{
	switch (cell->kind) {
	case LISTING_TEXT:
		json_text(out, cell->key, cell->text);
		break;
	case LISTING_PICTURE:
		native_write_picture(out, cell->key, cell->text, cell->picture_key);
		break;
	case LISTING_NUMBER:
		json_number(out, cell->key, cell->number);
		break;
	case LISTING_BOOL:
		json_bool(out, cell->key, cell->number);
		break;
	case LISTING_TIME:
		json_time(out, cell->key, cell->number);
		break;
	}
}

void native_write_listing(struct json_out *out, const struct reply *reply, enum lang lang)
{
	assert(reply->kind == REPLY_LISTING && reply->listing);
	(void)lang;
	const struct listing *listing = reply->listing;
	json_text(out, "room", reply->room);
	if (listing->is_object)
		json_object_begin(out, listing->key);
	else
		json_array_begin(out, listing->key);
	for (const struct listing_row *row = listing->rows; row; row = row->next) {
		if (!listing->is_object)
			json_element_begin(out);
		for (const struct listing_cell *cell = row->cells; cell; cell = cell->next)
			write_cell(out, cell);
		if (!listing->is_object)
			json_element_end(out);
	}
	if (listing->is_object)
		json_object_end(out);
	else
		json_array_end(out);
	if (reply->listing->is_page)
		json_bool(out, "more", reply->listing->has_more);
}
