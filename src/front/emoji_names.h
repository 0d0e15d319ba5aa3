/* The emoji that have names here: for ":thumbs" and Tab, and for the picker of reactions.
 *
 * Layer: front, pure. */
#ifndef BRUSIO_FRONT_EMOJI_NAMES_H
#define BRUSIO_FRONT_EMOJI_NAMES_H

#include <stddef.h>

struct emoji_name {
	const char *name; /* without colons */
	const char *text;
};

/* The table, the most used first; NULL past its end. */
const struct emoji_name *emoji_names_at(size_t index);

#endif
