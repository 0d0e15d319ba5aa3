/* Decodes keys: the one place where the bytes of a terminal become keys. Takes the old sequences, xterm's
 * modifyOtherKeys and the kitty protocol alike, pasted text, the mouse, and focus.
 *
 * Layer: front, pure. Time comes from outside: an Escape is a key of its own when nothing follows it for a
 * moment. */
#ifndef BRUSIO_FRONT_KEYS_H
#define BRUSIO_FRONT_KEYS_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum key_code {
	KEY_CHAR, /* `c`; with KEY_CTRL a small letter */
	KEY_ENTER,
	KEY_TAB,
	KEY_BACKSPACE,
	KEY_ESCAPE,
	KEY_UP,
	KEY_DOWN,
	KEY_LEFT,
	KEY_RIGHT,
	KEY_HOME,
	KEY_END,
	KEY_PAGE_UP,
	KEY_PAGE_DOWN,
	KEY_INSERT,
	KEY_DELETE,
	KEY_FUNCTION, /* F1 to F12: `c` is the number */
	KEY_PASTE,    /* `text` */
	KEY_PRESS,    /* a mouse button: `c` is 0, 1 or 2; `column` and `row` from 0 */
	KEY_RELEASE,
	KEY_DRAG,
	KEY_WHEEL_UP,
	KEY_WHEEL_DOWN,
	KEY_FOCUS_IN,
	KEY_FOCUS_OUT,
	KEY_ANSWER,  /* the terminal answers a question: `c` is which, an enum key_answer */
	KEY_UNKNOWN, /* a sequence without a meaning here: it does nothing, and leaves nothing behind */
};

#define KEYS_KITTY_QUESTION "31" /* the number of the picture that kitty's answer is about */

enum key_answer {
	ANSWER_ATTRIBUTES, /* what kind of terminal it is: `row` is 1 where it knows sixels */
	ANSWER_CELL,       /* a cell's size in pixels: `column` wide, `row` high */
	ANSWER_COLOURS,    /* of sixels: `row` */
	ANSWER_KITTY,      /* it knows kitty's graphics protocol: `row` is 1 */
};

enum { KEY_SHIFT = 1, KEY_ALT = 2, KEY_CTRL = 4 };

struct key {
	enum key_code code;
	unsigned modifiers;
	uint32_t c;
	size_t column, row;
	const char *text; /* of KEY_PASTE: valid UTF-8 without controls but tab and line break; until the next
			     call */
	size_t length;
};

/* Zeroed, nothing was pressed. */
struct keys {
	struct buffer bytes; /* not yet keys */
	struct buffer paste; /* what was pasted so far, or the text of the last KEY_PASTE */
	bool is_pasting, was_pasted;
	int64_t since_ms; /* when the last bytes came */
};

void keys_release(struct keys *keys);

/* Bytes came from the terminal. */
void keys_add(struct keys *keys, const char *bytes, size_t count, int64_t now_ms);

/* The next key; false where none is complete yet. */
bool keys_next(struct keys *keys, struct key *key, int64_t now_ms);

/* When keys_next() has to be asked again although nothing came; INT64_MAX for never. */
int64_t keys_deadline(const struct keys *keys);

/* Takes what is not a key yet: a password does not concern the keys. Wipes it here. */
void keys_take_bytes(struct keys *keys, struct buffer *to);

/* The key is this character with these modifiers. */
static inline bool key_is(const struct key *key, unsigned modifiers, uint32_t c)
{
	return key->code == KEY_CHAR && key->modifiers == modifiers && key->c == c;
}

#endif
