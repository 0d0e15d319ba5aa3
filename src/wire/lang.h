/* The catalogues of lang/: all text that people read, by key and language.
 *
 * Layer: wire. Threads: any; nothing changes. script/embed-lang makes the rows at build time, and script/lint holds
 * every key that the sources name against them: a missing key is our own error, and is written as it is. */
#ifndef BRUSIO_WIRE_LANG_H
#define BRUSIO_WIRE_LANG_H

#include "base/buffer.h"
#include "base/text_args.h"

#include <stdbool.h>
#include <stddef.h>

enum lang { LANG_EN, LANG_IT, LANG_COUNT };

struct lang_row {
	const char *key;
	const char *texts[LANG_COUNT];
};

/* Sorted by key. */
extern const struct lang_row lang_rows[];
extern const size_t lang_rows_count;

/* Asserts that the rows can be searched. */
void lang_init(void);

/* "it", "it-CH" and "it_IT.UTF-8" are LANG_IT; what is not spoken here is `otherwise`. */
enum lang lang_from_tag(const char *tag, enum lang otherwise);

/* The text as it stands in the catalogue, placeholders and all. */
const char *lang_text(enum lang lang, const char *key);

/* Is there such a text? */
bool lang_has(enum lang lang, const char *key);

/* Adds the text with {name}, {room}, {text}, {by}, {number} and {time} filled in. */
void lang_write(struct buffer *to, enum lang lang, const char *key, const struct text_args *args);

#endif
