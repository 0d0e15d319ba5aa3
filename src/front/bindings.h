/* Which key does what on the full screen: the table behind the keys and brusio.conf's `bind`. F1 shows a text of the
 * catalogues, which tells of the keys below as nothing has changed them.
 *
 * Layer: front, pure. */
#ifndef BRUSIO_FRONT_BINDINGS_H
#define BRUSIO_FRONT_BINDINGS_H

#include "front/keys.h"

enum action {
	ACTION_NONE, /* a key that does nothing, not even what the editor makes of it */
	ACTION_SWITCH,
	ACTION_ROOM, /* by its number, from 1 */
	ACTION_NEXT_ROOM,
	ACTION_PREVIOUS_ROOM,
	ACTION_LAST_ROOM,
	ACTION_NEXT_UNREAD,
	ACTION_FIRST_UNREAD,
	ACTION_DATE,
	ACTION_END,
	ACTION_SCROLL_UP,
	ACTION_SCROLL_DOWN,
	ACTION_PAGE_UP,
	ACTION_PAGE_DOWN,
	ACTION_SELECT_UP,
	ACTION_SELECT_DOWN,
	ACTION_HIDE_ROOMS,
	ACTION_HIDE_PEOPLE,
	ACTION_EDITOR,
	ACTION_HELP,
	ACTION_REDRAW,
	ACTION_STOP,
	ACTION_COMMAND, /* a line as if it were typed */
};

struct binding {
	enum key_code code;
	unsigned modifiers;
	uint32_t c;
	enum action action;
	unsigned number;
	char *command; /* of ACTION_COMMAND: owned */
};

/* Zeroed, none: the built-in ones come behind those of the user. */
struct bindings {
	struct binding *items;
	size_t count, capacity;
};

void bindings_release(struct bindings *bindings);

/* "ctrl+g date", "f9 /away lunch", "alt+a none". False where it is not a key with something to do. */
bool bindings_add(struct bindings *bindings, const char *text);

/* Adds which actions bindings_add() knows. */
void bindings_list(struct buffer *to);

/* NULL where the key has no meaning here. */
const struct binding *bindings_find(const struct bindings *bindings, const struct key *key);

#endif
