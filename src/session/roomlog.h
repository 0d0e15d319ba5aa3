/* The messages of a room as they read now: edits, reactions and deletions applied. A window of the room's log
 * that pages from the server fill above and live entries fill below.
 *
 *  1. Items are sorted by `seq`; those of the same `seq` stand in the order in which they came. A message is
 *     there at most once.
 *  2. Between two messages of the window no message of the room is missing.
 *  3. The window holds at most `items_max` items: what leaves it can be read from the server again.
 *
 * Items that the log of the room does not have (somebody entered, a note of the client's own) stand behind
 * the message that was the last when they came.
 *
 * Layer: session (jansson), pure. */
#ifndef BRUSIO_SESSION_ROOMLOG_H
#define BRUSIO_SESSION_ROOMLOG_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROOMLOG_ITEMS_MAX 2000

enum roomlog_kind {
	ROOMLOG_MESSAGE,
	ROOMLOG_TOPIC,    /* `text` is what people are told */
	ROOMLOG_PRESENCE, /* somebody came or went */
	ROOMLOG_NOTICE,   /* the server tells something */
	ROOMLOG_NOTE,     /* the client does */
	ROOMLOG_PROBLEM,
};

struct roomlog_reaction {
	char *emoji;
	int64_t count;
	char **names; /* as many as are known; `count` is right where it is more */
	size_t name_count, name_capacity;
};

struct roomlog_item {
	int64_t seq;
	int64_t time_ms; /* wall clock */
	enum roomlog_kind kind;
	char *name; /* "" where nobody said it */
	char *text;
	int64_t reply_to; /* 0 for none */
	json_t *files;    /* [{"file","name","bytes","type"}], or NULL */
	char *said;       /* with `files`: what `text` begins with; the lines behind it name them */
	bool is_action, is_edited, is_deleted, is_highlighted;
	struct roomlog_reaction *reactions;
	size_t reaction_count, reaction_capacity;
};

/* Zeroed, it is empty and its end is the room's. */
struct roomlog {
	struct roomlog_item **items;
	size_t count, capacity;
	bool is_complete;    /* nothing stands before the first item */
	bool is_behind;      /* newer messages are not in the window: what comes live is left out */
	bool has_missed;     /* ... and something did since the last page was asked for */
	bool is_paging;      /* a page was asked for */
	uint64_t generation; /* changes with every change */
};

void roomlog_release(struct roomlog *log);

/* Takes a message, an edit, a deletion, a reaction or a topic, as it came live or in a page. Returns the item
 * that it is or changed; NULL where that is not in the window. A live message is left out where `is_behind`.
 */
struct roomlog_item *roomlog_take(struct roomlog *log, const json_t *object, bool is_page);
/* A message of our own that was acknowledged. */
struct roomlog_item *roomlog_take_own(struct roomlog *log, int64_t seq, const char *name, const char *text,
				      int64_t reply_to, bool is_action, int64_t time_ms);
/* The files that the message came with, and what was said with them. Takes a reference; NULL: none. */
void roomlog_set_files(struct roomlog *log, int64_t seq, json_t *files, const char *said);
/* The words of its author: the text without the lines that name its files. */
const char *roomlog_said(const struct roomlog_item *item);
/* Something without a place in the room's log, behind the last item. */
struct roomlog_item *roomlog_add(struct roomlog *log, enum roomlog_kind kind, const char *name,
				 const char *text, int64_t time_ms);

/* Notes from before the first page go behind the messages of that page. */
void roomlog_settle(struct roomlog *log);

void roomlog_edit(struct roomlog *log, int64_t seq, const char *text);
void roomlog_delete(struct roomlog *log, int64_t seq);
void roomlog_react(struct roomlog *log, int64_t seq, const char *emoji, const char *name, bool is_on);

/* The message with this number, or NULL. */
struct roomlog_item *roomlog_find(const struct roomlog *log, int64_t seq);
/* The index of the first item whose `seq` is not below. */
size_t roomlog_index(const struct roomlog *log, int64_t seq);
/* The newest message of `name`, or with `is_own` false of anybody else, that is not deleted. */
const struct roomlog_item *roomlog_last(const struct roomlog *log, const char *name, bool is_own);
/* The numbers of the oldest and newest messages; 0 where there is none. */
int64_t roomlog_first_seq(const struct roomlog *log);
int64_t roomlog_last_seq(const struct roomlog *log);
/* Whether `name` reacted with it, as far as is known. */
bool roomlog_has_reacted(const struct roomlog_item *item, const char *emoji, const char *name);

/* Holds invariant 3: items go from the top, or with `keeps_top` from the bottom. */
void roomlog_trim(struct roomlog *log, size_t items_max, bool keeps_top);
/* Another place in the room: the window is emptied, and filled by pages. */
void roomlog_clear(struct roomlog *log);

#endif
