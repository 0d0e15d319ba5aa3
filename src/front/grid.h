/* A screen of cells with a grapheme cluster and a style each, and the bytes that turn one screen into
 * the next. Not ncursesw: its cell holds at most five code points, and its widths are those of the C library, so
 * that a family of four is torn into pieces; here a cluster is one cell, and the cursor is set anew behind each
 * whose width is a matter of opinion.
 *
 * Layer: front, pure. */
#ifndef BRUSIO_FRONT_GRID_H
#define BRUSIO_FRONT_GRID_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GRID_CELL_BYTES 40 /* of a cluster; a longer one loses what is joined to it */

enum { STYLE_BOLD = 1, STYLE_DIM = 2, STYLE_ITALIC = 4, STYLE_UNDERLINE = 8, STYLE_REVERSE = 16 };

/* Colours are one more than their number among the 256; 0 is the terminal's own. `link` is that of grid_link(),
 * or of styled.h's text; 0 for none. `picture` is the number of the picture that lies over the cell, 0 for none, and
 * `picture_row` which of its rows. */
struct style {
	uint16_t foreground, background;
	uint16_t attributes;
	uint16_t link;
	uint16_t picture, picture_row;
};

struct grid_cell {
	char text[GRID_CELL_BYTES]; /* "" behind a wide cluster */
	uint8_t bytes, columns;
	struct style style;
};

struct grid {
	size_t columns, rows;
	struct grid_cell *cells;
	size_t cursor_column, cursor_row;
	bool has_cursor;
	char **links; /* the addresses that cells lead to */
	size_t link_count, link_capacity;
};

void grid_init(struct grid *grid, size_t columns, size_t rows);
void grid_release(struct grid *grid);

/* Draws text that has no controls from a cell on, at most `width` columns; returns those that it took. */
size_t grid_put(struct grid *grid, size_t row, size_t column, size_t width, const char *text, size_t bytes,
		struct style style);
/* Blanks in this style. */
void grid_fill(struct grid *grid, size_t row, size_t column, size_t width, struct style style);

/* An address of ASCII for `style.link`. */
uint16_t grid_link(struct grid *grid, const char *address);
/* The address that the cell leads to; NULL where it is none, or outside. */
const char *grid_link_at(const struct grid *grid, size_t row, size_t column);

/* Whether two screens of one size show the same in this cell. */
bool grid_is_same(const struct grid *one, const struct grid *other, size_t row, size_t column);

/* Adds what turns `shown` into `wanted`; `shown` may be NULL for a screen of which nothing is known. `can` is
 * what the terminal does: links are OSC 8. */
enum { GRID_COLOURS = 1, GRID_LINKS = 2 };
void grid_write(struct buffer *to, const struct grid *shown, const struct grid *wanted, unsigned can);

/* The text of the rows, a line each, without the blanks at their ends: for tests and for copying. */
void grid_text(const struct grid *grid, struct buffer *to);

#endif
