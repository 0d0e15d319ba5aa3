/* An answer that is a list of rows, which says itself what its rows hold: the gateway writes any of them, so
 * that an operation that lists something needs nothing there.
 *
 * Layer: chat. Threads: as its reply, in whose arena all of it lies. Texts are copied.
 *
 *   struct reply *reply = listing_new(request, "bans", TEXT_answer_bans);
 *   struct listing_row *row = listing_add(reply, TEXT_answer_bans_row, &(struct text_args){.name = name});
 *   listing_add_text(reply, row, "name", name);
 *   batch_reply(chat, request->peer, reply);
 *
 * gives {"op":"bans","id":"7","bans":[{"name":"luca"}]} to programs, and to a person who typed the command
 * the text of TEXT_answer_bans (whose {n} is how many rows there are) and a line for each row. */
#ifndef BRUSIO_CHAT_LISTING_H
#define BRUSIO_CHAT_LISTING_H

#include "chat/reply.h"

enum listing_kind { LISTING_TEXT, LISTING_NUMBER, LISTING_BOOL, LISTING_TIME, LISTING_PICTURE };

struct listing_cell {
	struct listing_cell *next;
	const char *key; /* a literal, or the reply's own: the field's name */
	enum listing_kind kind;
	const char *text;        /* of a picture its id */
	const char *picture_key; /* of a picture */
	int64_t number;
};

struct listing_row {
	struct listing_row *next;
	struct listing_cell *cells, **cells_last;
	enum text text_key; /* of the row as people read it */
	struct text_args args;
};

struct listing {
	const char *key;    /* a literal: the name of the array */
	enum text text_key; /* of the line above the rows */
	struct listing_row *rows, **rows_last;
	int64_t count;
	bool is_object; /* rows of one text each: one object of them, in place of an array */
	bool is_page;   /* "more" belongs to it */
	bool has_more;
};

/* The answer to `request`, without rows. */
struct reply *listing_new(const struct request *request, const char *key, enum text text_key);
/* Makes one of a reply of the kind REPLY_LISTING that nobody asked for. */
void listing_open(struct reply *reply, const char *key, enum text text_key);
/* Another row, behind the others. */
struct listing_row *listing_add(struct reply *reply, enum text text_key, const struct text_args *args);
/* A cell of the row. A text that is NULL is left out. */
void listing_add_text(struct reply *reply, struct listing_row *row, const char *key, const char *text);
/* A person's picture: a file by its id and its key. */
void listing_add_picture(struct reply *reply, struct listing_row *row, const char *key, const char *id,
			 const char *picture_key);
void listing_add_number(struct reply *reply, struct listing_row *row, const char *key, int64_t number);
void listing_add_bool(struct reply *reply, struct listing_row *row, const char *key, bool is_true);
/* In milliseconds of the wall clock; 0 is left out. */
void listing_add_time(struct reply *reply, struct listing_row *row, const char *key, int64_t time_ms);

#endif
