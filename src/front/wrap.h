/* Cuts a text into rows of a width: at spaces where there are some, and never inside a grapheme cluster.
 *
 * Layer: front, pure. Colours (ESC [ ... m) take no columns. */
#ifndef BRUSIO_FRONT_WRAP_H
#define BRUSIO_FRONT_WRAP_H

#include "base/buffer.h"

/* The bytes of the first row of `text`; the next one begins at `*next`, behind the blanks or the line break
 * at which it was cut. `width` > 1; a row has at least one cluster. */
size_t wrap_row(const char *text, size_t bytes, size_t width, size_t *next);

/* Adds the text with line breaks where it has to be cut; the rows behind them begin with `indent` blanks. */
void wrap_text(struct buffer *to, const char *text, size_t width, size_t indent);

#endif
