/* A list to choose from: what is typed narrows it. For rooms, emoji, what a search found.
 *
 * Layer: front, pure. */
#ifndef BRUSIO_FRONT_CHOOSER_H
#define BRUSIO_FRONT_CHOOSER_H

#include "front/editor.h"
#include "front/grid.h"
#include "front/theme.h"

struct chooser_item {
	char *text;
	char *key;      /* a room, an emoji */
	int64_t number; /* a message; 0 for none */
	int score;      /* how well it fits; -1: not at all */
};

struct chooser {
	char *title;
	struct chooser_item *items;
	size_t count, capacity;
	size_t *order; /* of those that fit, the best first */
	size_t fitting, chosen;
	struct editor query;
	bool is_open, keeps_order;
};

void chooser_release(struct chooser *chooser);
/* Opens it, without items. With `keeps_order` it is a list of texts: those that have each word of the query fit, in their
 * order. Otherwise letters of a name are enough, and the best comes first. */
void chooser_open(struct chooser *chooser, const char *title, bool keeps_order);
void chooser_add(struct chooser *chooser, const char *text, const char *key, int64_t number);
/* Once all items are there, and after each key. */
void chooser_narrow(struct chooser *chooser);

/* CHOOSER_CHOSEN may be with nothing that fits: then what was typed is meant. */
enum chooser_result { CHOOSER_OPEN, CHOOSER_CHOSEN, CHOOSER_CLOSED };
enum chooser_result chooser_key(struct chooser *chooser, const struct key *key);
/* NULL where nothing fits. */
const struct chooser_item *chooser_chosen(const struct chooser *chooser);

/* Draws it over the middle of the grid, and sets the cursor. */
void chooser_draw(struct chooser *chooser, const struct theme *theme, struct grid *grid);

#endif
