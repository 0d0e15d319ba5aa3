/* A text of which each part has a style, and the rows that it takes.
 *
 * Layer: front, pure. */
#ifndef BRUSIO_FRONT_STYLED_H
#define BRUSIO_FRONT_STYLED_H

#include "front/grid.h"

struct styled_run {
	size_t from; /* up to the next one */
	struct style style;
};

struct styled_row {
	size_t from, bytes, indent;
};

/* Zeroed, it is empty. Line breaks begin a new row. */
struct styled {
	struct buffer text;
	struct styled_run *runs;
	size_t run_count, run_capacity;
	struct styled_row *rows; /* after styled_wrap() */
	size_t row_count, row_capacity;
	char **links; /* `link` of a style is one more than the index */
	size_t link_count, link_capacity;
};

void styled_release(struct styled *styled);
void styled_clear(struct styled *styled);
void styled_add(struct styled *styled, const char *text, struct style style);
/* The same; the links in it lead somewhere, and look like `link`. */
void styled_add_linked(struct styled *styled, const char *text, struct style style, struct style link);
void styled_printf(struct styled *styled, struct style style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The blanks before what goes on in another row: as many as `indent` where the row has eight columns more. There is
 * always one, so that nothing that somebody wrote stands where rows begin. */
size_t styled_indent(size_t width, size_t indent);

/* Cuts it into rows of `width`; those behind a cut begin with styled_indent() blanks. */
void styled_wrap(struct styled *styled, size_t width, size_t indent);

/* Draws a row; `more` is added to each part's style. */
void styled_draw(const struct styled *styled, size_t index, struct grid *grid, size_t row, size_t column,
		 size_t width, struct style more);

#endif
