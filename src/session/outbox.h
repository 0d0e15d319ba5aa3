/* The sends and changes that the server has not acknowledged yet, in their order.
 *
 * Whatever happens to the line, an item stays here until its ack (or a refusal) comes, and is sent again
 * with the same id, so the server stores it once.
 *
 * Layer: session (jansson), pure. */
#ifndef BRUSIO_SESSION_OUTBOX_H
#define BRUSIO_SESSION_OUTBOX_H

#include "base/limits.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum outbox_kind { OUTBOX_SEND, OUTBOX_EDIT, OUTBOX_DELETE, OUTBOX_REACT };

struct outbox_item {
	struct outbox_item *next;
	char id[LIMIT_ID_BYTES + 1];
	enum outbox_kind kind;
	char *room;
	char *text;              /* a message, or the emoji of a reaction */
	json_t *files;           /* of a send: those that come with it, as the server has them; or NULL */
	char *shown;             /* ... with a line for each of them; NULL where there are none */
	int64_t target;          /* the message that is changed, or that a send replies to; 0 for none */
	bool is_action;          /* of a send: /me */
	bool is_on;              /* of a reaction: given, not taken back */
	bool is_under_way;       /* written to the line that is open now */
	bool is_in_doubt;        /* was ever written to a line: the server may have it */
	int64_t not_before_ms;   /* the server was busy: when to try again */
	unsigned refusals;       /* how often it was busy */
	unsigned blind_refusals; /* how often the server refused it without naming it */
	unsigned line;           /* session_set_line() when it was added */
	/* An entry of a replay that is probably this item: not shown, unless the ack names another. */
	json_t *seen;
	int64_t seen_seq;
};

struct outbox {
	struct outbox_item *first, **end;
	size_t count;     /* items */
	size_t under_way; /* those that are */
	char prefix[17];  /* random: what an earlier run said had other ids */
	uint64_t number;
};

/* The text that people read. */
static inline const char *outbox_shown(const struct outbox_item *item)
{
	return item->shown ? item->shown : item->text;
}

/* The files come with the item, whose text names them from now on for those who read it here. Takes a reference. */
void outbox_set_files(struct outbox_item *item, json_t *files);

void outbox_init(struct outbox *outbox);
void outbox_release(struct outbox *outbox);

/* Adds at the end; copies both texts. The caller sets what else the kind has. */
struct outbox_item *outbox_add(struct outbox *outbox, enum outbox_kind kind, const char *room,
			       const char *text);

/* The item with this id, or NULL. */
struct outbox_item *outbox_find(const struct outbox *outbox, const char *id);

/* Takes the item out and frees it. */
void outbox_remove(struct outbox *outbox, struct outbox_item *item);

void outbox_mark_sent(struct outbox *outbox, struct outbox_item *item);

/* The server was busy: the item waits until `not_before_ms`. */
void outbox_put_off(struct outbox *outbox, struct outbox_item *item, int64_t not_before_ms);

/* The line broke: nothing is under way. */
void outbox_line_broke(struct outbox *outbox);

/* The first send in doubt with this room and text that no entry was taken for yet, or NULL. */
struct outbox_item *outbox_find_in_doubt(const struct outbox *outbox, const char *room, const char *text);

bool outbox_any_under_way(const struct outbox *outbox, const char *room);
bool outbox_any_in_doubt(const struct outbox *outbox);

#endif
