/* The catalogues of lang/: all text that people read, by key and language.
 *
 * Layer: wire. Threads: any; nothing changes. script/embed-lang makes the enum of the keys (texts.h) and the array of
 * the texts at build time, so that a text that is in no catalogue does not compile. */
#ifndef BRUSIO_WIRE_LANG_H
#define BRUSIO_WIRE_LANG_H

#include "base/buffer.h"
#include "base/text_args.h"
#include "texts.h"

enum lang { LANG_EN, LANG_IT, LANG_COUNT };

extern const char *const lang_texts[TEXT_COUNT][LANG_COUNT];

/* "it", "it-CH" and "it_IT.UTF-8" are LANG_IT; what is not spoken here is `otherwise`. */
enum lang lang_from_tag(const char *tag, enum lang otherwise);

/* The text as it stands in the catalogue, placeholders and all. */
const char *lang_text(enum lang lang, enum text key);

/* Adds the text with {name}, {room}, {text}, {by}, {number} and {time} filled in. */
void lang_write(struct buffer *to, enum lang lang, enum text key, const struct text_args *args);

/* The same for a text that is in no catalogue. */
void lang_fill(struct buffer *to, enum lang lang, const char *text, const struct text_args *args);

#endif
