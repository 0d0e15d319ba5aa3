/* The field `set` of a request, which is an object of texts: "KEY\nVALUE\n" for each of its members (wire/native.c).
 *
 * Layer: chat. Threads: any; it borrows the request's text. */
#ifndef BRUSIO_CHAT_PAIRS_H
#define BRUSIO_CHAT_PAIRS_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

struct pairs {
	const char *at; /* begins as the text */
	const char *key, *value;
	size_t key_bytes, value_bytes; /* neither ends with a NUL */
};

/* The next pair; false behind the last one. */
bool pairs_next(struct pairs *pairs);
/* A copy of the value, or of the key, that ends with a NUL. */
char *pairs_value(const struct pairs *pairs, struct arena *arena);
char *pairs_key(const struct pairs *pairs, struct arena *arena);
bool pairs_is_key(const struct pairs *pairs, const char *key);

#endif
