/* Grapheme clusters (Unicode TR 29), which people take for one character each: a letter with its marks, a
 * flag, or a family joined of four people.
 *
 * Layer: base (utf8proc). Threads: any. */
#ifndef BRUSIO_BASE_GRAPHEME_H
#define BRUSIO_BASE_GRAPHEME_H

#include <stddef.h>

/* The bytes of the cluster at the beginning of the text; 0 where there is none. What is not UTF-8 is a
 * cluster of one byte. */
size_t grapheme_next(const char *text, size_t bytes);

/* The bytes of the cluster that ends at `at`; 0 at the beginning. */
size_t grapheme_previous(const char *text, size_t at);

/* Columns of a cluster on a terminal: 0, 1 or 2, since it is drawn in one cell or in two. */
size_t grapheme_columns(const char *text, size_t bytes);

#endif
