#include "front/grid.h"

#include "base/grapheme.h"
#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static struct grid_cell *cell_at(const struct grid *grid, size_t row, size_t column)
{
	assert(row < grid->rows && column < grid->columns);
	return &grid->cells[row * grid->columns + column];
}

static void set_blank(struct grid_cell *cell, struct style style)
{
	*cell = (struct grid_cell){.text = " ", .bytes = 1, .columns = 1, .style = style};
}

void grid_init(struct grid *grid, size_t columns, size_t rows)
{
	*grid = (struct grid){.columns = columns, .rows = rows};
	grid->cells = mem_zero(columns * rows * sizeof *grid->cells);
	for (size_t i = 0; i < columns * rows; i++)
		set_blank(&grid->cells[i], (struct style){0});
}

void grid_release(struct grid *grid)
{
	free(grid->cells);
	*grid = (struct grid){0};
}

size_t grid_put(struct grid *grid, size_t row, size_t column, size_t width, const char *text, size_t bytes,
		struct style style)
{
	size_t used = 0;
	if (row >= grid->rows || column >= grid->columns)
		return 0;
	width = width < grid->columns - column ? width : grid->columns - column;
	for (size_t at = 0; at < bytes;) {
		size_t step = grapheme_next(text + at, bytes - at),
		       columns = grapheme_columns(text + at, step);
		const char *cluster = text + at;
		at += step;
		if (!columns)
			continue;
		if (used + columns > width)
			break;
		struct grid_cell *cell = cell_at(grid, row, column + used);
		size_t kept = step < GRID_CELL_BYTES ? step : 0;
		if (!kept) {
			/* More is joined than anybody draws: the first of it. */
			set_blank(cell, style);
			used += 1;
			continue;
		}
		*cell =
		    (struct grid_cell){.bytes = (uint8_t)kept, .columns = (uint8_t)columns, .style = style};
		memcpy(cell->text, cluster, kept);
		if (columns == 2)
			*cell_at(grid, row, column + used + 1) = (struct grid_cell){.style = style};
		used += columns;
	}
	return used;
}

void grid_fill(struct grid *grid, size_t row, size_t column, size_t width, struct style style)
{
	for (size_t i = 0; row < grid->rows && i < width && column + i < grid->columns; i++)
		set_blank(cell_at(grid, row, column + i), style);
}

static bool is_same_style(struct style one, struct style other)
{
	return one.foreground == other.foreground && one.background == other.background &&
	       one.attributes == other.attributes;
}

static bool grid_is_same(const struct grid_cell *one, const struct grid_cell *other)
{
	return one->bytes == other->bytes && one->columns == other->columns &&
	       is_same_style(one->style, other->style) && !memcmp(one->text, other->text, one->bytes);
}

static void write_style(struct buffer *to, struct style style, bool has_colour)
{
	static const struct {
		unsigned attribute;
		const char *code;
	} codes[] = {{STYLE_BOLD, ";1"},
		     {STYLE_DIM, ";2"},
		     {STYLE_ITALIC, ";3"},
		     {STYLE_UNDERLINE, ";4"},
		     {STYLE_REVERSE, ";7"}};
	buffer_add_string(to, "\033[0");
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		if (style.attributes & codes[i].attribute)
			buffer_add_string(to, codes[i].code);
	if (has_colour && style.foreground)
		buffer_printf(to, ";38;5;%u", style.foreground - 1u);
	if (has_colour && style.background)
		buffer_printf(to, ";48;5;%u", style.background - 1u);
	buffer_add_char(to, 'm');
}

/* The position of the terminal's cursor, as far as we can be sure. */
struct pen {
	struct buffer *to;
	size_t row, column;
	bool is_known, has_style, has_colour;
	struct style style;
};

static void grid_write_cell(struct pen *pen, const struct grid_cell *cell, size_t row, size_t column)
{
	if (!pen->is_known || pen->row != row || pen->column != column)
		buffer_printf(pen->to, "\033[%zu;%zuH", row + 1, column + 1);
	if (!pen->has_style || !is_same_style(pen->style, cell->style))
		write_style(pen->to, cell->style, pen->has_colour);
	pen->style = cell->style;
	pen->has_style = true;
	buffer_add(pen->to, cell->text, cell->bytes);
	pen->row = row;
	pen->column = column + cell->columns;
	/* Terminals disagree about what is joined, and about what is not ASCII and wide. */
	pen->is_known = cell->bytes == 1 || (cell->bytes <= 3 && cell->columns == 1);
}

void grid_write(struct buffer *to, const struct grid *shown, const struct grid *wanted, bool has_colour)
{
	bool is_new = !shown || shown->columns != wanted->columns || shown->rows != wanted->rows;
	struct pen pen = {.to = to, .has_colour = has_colour};
	size_t before = buffer_length(to);
	for (size_t row = 0; row < wanted->rows; row++)
		for (size_t column = 0; column < wanted->columns; column++) {
			const struct grid_cell *cell = cell_at(wanted, row, column);
			if (!cell->columns ||
			    (!is_new && grid_is_same(cell, cell_at(shown, row, column)) &&
			     (cell->columns < 2 || grid_is_same(cell + 1, cell_at(shown, row, column) + 1))))
				continue;
			/* In the last cell of all the terminal would scroll. */
			if (row + 1 == wanted->rows && column + cell->columns == wanted->columns)
				buffer_add_string(to, "\033[?7l");
			grid_write_cell(&pen, cell, row, column);
			if (row + 1 == wanted->rows && column + cell->columns == wanted->columns)
				buffer_add_string(to, "\033[?7h");
			if (column + cell->columns == wanted->columns)
				pen.is_known = false;
		}
	bool is_moved = is_new || shown->cursor_column != wanted->cursor_column ||
			shown->cursor_row != wanted->cursor_row || shown->has_cursor != wanted->has_cursor;
	if (buffer_length(to) == before && !is_moved)
		return;
	if (pen.has_style)
		buffer_add_string(to, "\033[0m");
	buffer_printf(to, "\033[%zu;%zuH%s", wanted->cursor_row + 1, wanted->cursor_column + 1,
		      wanted->has_cursor ? "\033[?25h" : "\033[?25l");
}

void grid_text(const struct grid *grid, struct buffer *to)
{
	for (size_t row = 0; row < grid->rows; row++) {
		size_t end = grid->columns;
		while (end && cell_at(grid, row, end - 1)->columns &&
		       cell_at(grid, row, end - 1)->bytes == 1 && *cell_at(grid, row, end - 1)->text == ' ')
			end--;
		for (size_t column = 0; column < end; column++)
			buffer_add(to, cell_at(grid, row, column)->text, cell_at(grid, row, column)->bytes);
		buffer_add_char(to, '\n');
	}
}
