/* The unsent text of each room: a draft is never sent anywhere but where it was written.
 *
 * Layer: front, pure. */
#ifndef BRUSIO_FRONT_DRAFTS_H
#define BRUSIO_FRONT_DRAFTS_H

#include <stddef.h>

/* Zeroed, there is none. */
struct drafts {
	struct draft {
		char *room; /* "" for what was typed in no room */
		char *text;
	} * items;
	size_t count, capacity;
};

void drafts_release(struct drafts *drafts);

/* `room` may be NULL for no room. In the place of an older one; an empty text forgets it. */
void drafts_keep(struct drafts *drafts, const char *room, const char *text);
/* The draft, which is no longer kept here; the caller frees. NULL where there is none. */
char *drafts_take(struct drafts *drafts, const char *room);
/* Whether one waits there. */
const char *drafts_find(const struct drafts *drafts, const char *room);
void drafts_rename(struct drafts *drafts, const char *old_room, const char *room);

#endif
