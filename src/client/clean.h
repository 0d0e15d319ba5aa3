/* Makes what strangers wrote harmless for a terminal, and readable as one thing.
 *
 * Layer: client, pure. */
#ifndef BRUSIO_CLIENT_CLEAN_H
#define BRUSIO_CLIENT_CLEAN_H

#include "base/buffer.h"

/* Adds `text` with everything that could drive a terminal made visible (^[ for escape), bidirectional
 * overrides and other invisible controls taken out, and no more marks on a letter than writing needs.
 * Tabs become spaces. A line break becomes one that is followed by `indent`, so that no line of the text
 * can pass for another message. */
void clean_text(struct buffer *to, const char *text, const char *indent);

/* The same on one line: a line break becomes a space. For names, topics, titles. */
void clean_word(struct buffer *to, const char *text);

/* The beginning of it on one line, at most `columns` wide, with "…" behind it where something is left out. */
void clean_excerpt(struct buffer *to, const char *text, size_t columns);

/* Makes `text` valid UTF-8 without NUL: what is neither becomes U+FFFD. */
void clean_utf8(struct buffer *to, const char *text, size_t length);

#endif
