/* How each part of the full screen looks. Four themes, of which the user may change each part.
 *
 * Layer: front, pure. */
#ifndef BRUSIO_FRONT_THEME_H
#define BRUSIO_FRONT_THEME_H

#include "front/grid.h"

#define THEME_PEOPLE_MAX 32

enum theme_part {
	THEME_TEXT,
	THEME_OWN,     /* our own name */
	THEME_MENTION, /* a message that is meant for us */
	THEME_DIM,     /* times, borders, what is folded */
	THEME_NOTICE,  /* what the server and the client tell */
	THEME_PROBLEM,
	THEME_DIVIDER, /* above the first message that is new */
	THEME_DAY,
	THEME_LINK,

	THEME_BAR, /* the topic's row */
	THEME_STATUS,
	THEME_TOAST, /* what the status row tells for a moment */
	THEME_OFFLINE,
	THEME_ROOM, /* the room where the user is, in the list */
	THEME_UNREAD,
	THEME_MEANT,    /* the count of a room where something is meant for us */
	THEME_SELECTED, /* the message, or the choice of a list */
	THEME_PARTS
};

struct theme {
	struct style styles[THEME_PARTS];
	unsigned char people[THEME_PEOPLE_MAX];
	size_t people_count; /* 0: people have no colours */
};

/* "default", "dark", "light", "mono". False where there is none of this name. */
bool theme_choose(struct theme *theme, const char *name);

/* "mention 137 bold", "bar white on 24", "people 31 64 130". False where it is not a style. */
bool theme_set(struct theme *theme, const char *text);

/* Adds which parts and colours theme_set() knows. */
void theme_list(struct buffer *to);

/* Always the same one for a name, whatever its case. */
struct style theme_person(const struct theme *theme, const char *name);

#endif
