/* The catalogues of lang/: all text that people read, by key and language.
 *
 * Layer: wire (jansson). Threads: lang_init() first, once; then any. The catalogues are embedded in the
 * binary, so a missing key is our own error: the key itself is written. */
#ifndef BRUSIO_WIRE_LANG_H
#define BRUSIO_WIRE_LANG_H

#include "base/buffer.h"
#include "base/text_args.h"

#include <stdbool.h>

enum lang { LANG_EN, LANG_IT, LANG_COUNT };

/* Reads the embedded catalogues. Aborts where one is no JSON object of strings. */
void lang_init(void);

/* "it", "it-CH" and "it_IT.UTF-8" are LANG_IT; what is not spoken here is `otherwise`. */
enum lang lang_from_tag(const char *tag, enum lang otherwise);

/* The text as it stands in the catalogue, placeholders and all. */
const char *lang_text(enum lang lang, const char *key);

bool lang_has(enum lang lang, const char *key);

/* Adds the text with {name}, {room}, {text}, {by}, {number} and {time} filled in. */
void lang_write(struct buffer *to, enum lang lang, const char *key, const struct text_args *args);

#endif
