#include "front/grid.h"

#include "base/text/code_point.h"
#include "base/text/grapheme.h"
#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define REPLACEMENT "\ufffd"
#define JOINER      "\u200d"

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
	assert(columns && rows);
	*grid = (struct grid){.columns = columns, .rows = rows};
	grid->cells = mem_zero(columns * rows * sizeof *grid->cells);
	for (size_t i = 0; i < columns * rows; i++)
		set_blank(&grid->cells[i], (struct style){0});
}

void grid_release(struct grid *grid)
{
	for (size_t i = 0; i < grid->link_count; i++)
		free(grid->links[i]);
	free(grid->links);
	free(grid->cells);
	*grid = (struct grid){0};
}

uint16_t grid_link(struct grid *grid, const char *address)
{
	for (size_t i = 0; i < grid->link_count; i++)
		if (!strcmp(grid->links[i], address))
			return (uint16_t)(i + 1);
	if (grid->link_count == UINT16_MAX)
		return 0;
	grid->links = mem_grow(grid->links, &grid->link_capacity, grid->link_count + 1, sizeof *grid->links);
	grid->links[grid->link_count++] = mem_string(address);
	return (uint16_t)grid->link_count;
}

/* NULL for none. */
static const char *link_of(const struct grid *grid, struct style style)
{
	assert(!style.link || style.link <= grid->link_count);
	return style.link ? grid->links[style.link - 1] : NULL;
}

const char *grid_link_at(const struct grid *grid, size_t row, size_t column)
{
	return row < grid->rows && column < grid->columns ? link_of(grid, cell_at(grid, row, column)->style)
							  : NULL;
}

/* Half of a wide cluster is nothing that a terminal shows: what was drawn over leaves a blank. To be called before
 * cells from `column` on are written, and again for the one behind them. */
static void part_wide(struct grid *grid, size_t row, size_t column)
{
	if (column >= grid->columns || !column || cell_at(grid, row, column)->columns)
		return;
	struct grid_cell *left = cell_at(grid, row, column - 1);
	if (left->columns == 2)
		set_blank(left, left->style);
	set_blank(cell_at(grid, row, column), cell_at(grid, row, column)->style);
}

/* A vowel or final of a Korean syllable without its beginning: some terminals add it to whatever stands in the cell
 * before, where it would stay when that one is not drawn again. */
static bool is_loose(const char *cluster, size_t bytes)
{
	uint32_t c;
	code_point_read(cluster, bytes, &c);
	return (c >= 0x1160 && c <= 0x11ff) || (c >= 0xd7b0 && c <= 0xd7ff);
}

/* Its bytes without a joiner at the end: a terminal would join to it whatever is written next, wherever that is. */
static size_t without_joiner(const char *cluster, size_t bytes)
{
	size_t length = sizeof JOINER - 1;
	while (bytes > length && !memcmp(cluster + bytes - length, JOINER, length))
		bytes -= length;
	return bytes;
}

size_t grid_put(struct grid *grid, size_t row, size_t column, size_t width, const char *text, size_t bytes,
		struct style style)
{
	size_t used = 0;
	if (row >= grid->rows || column >= grid->columns)
		return 0;
	width = width < grid->columns - column ? width : grid->columns - column;
	part_wide(grid, row, column);
	for (size_t at = 0; at < bytes;) {
		size_t step = grapheme_next(text + at, bytes - at),
		       columns = grapheme_columns(text + at, step);
		const char *cluster = text + at;
		at += step;
		if (!columns)
			continue;
		step = without_joiner(cluster, step);
		if (is_loose(cluster, step)) {
			cluster = REPLACEMENT;
			step = sizeof REPLACEMENT - 1;
			columns = 1;
		}
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
	part_wide(grid, row, column + used);
	return used;
}

void grid_fill(struct grid *grid, size_t row, size_t column, size_t width, struct style style)
{
	if (row >= grid->rows || column >= grid->columns)
		return;
	width = width < grid->columns - column ? width : grid->columns - column;
	part_wide(grid, row, column);
	for (size_t i = 0; i < width; i++)
		set_blank(cell_at(grid, row, column + i), style);
	part_wide(grid, row, column + width);
}

static bool is_same_style(struct style one, struct style other)
{
	return one.foreground == other.foreground && one.background == other.background &&
	       one.attributes == other.attributes;
}

static bool is_same_link(const char *one, const char *other)
{
	return one == other || (one && other && !strcmp(one, other));
}

bool grid_is_same(const struct grid *one, const struct grid *other, size_t row, size_t column)
{
	assert(one->columns == other->columns && one->rows == other->rows);
	const struct grid_cell *left = cell_at(one, row, column), *right = cell_at(other, row, column);
	return left->bytes == right->bytes && left->columns == right->columns &&
	       is_same_style(left->style, right->style) && !memcmp(left->text, right->text, left->bytes) &&
	       left->style.picture == right->style.picture &&
	       left->style.picture_row == right->style.picture_row &&
	       is_same_link(link_of(one, left->style), link_of(other, right->style));
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
	const struct grid *grid;
	size_t row, column;
	bool is_known, has_style;
	unsigned can;
	struct style style;
	uint16_t link;
};

/* A number tells the terminal which rows of a link belong together. */
static void write_link(struct pen *pen, uint16_t link)
{
	if (pen->link == link || !(pen->can & GRID_LINKS))
		return;
	if (link)
		buffer_printf(pen->to, "\033]8;id=%u;%s\033\\", link, pen->grid->links[link - 1]);
	else
		buffer_add_string(pen->to, "\033]8;;\033\\");
	pen->link = link;
}

static void grid_write_cell(struct pen *pen, const struct grid_cell *cell, size_t row, size_t column)
{
	if (!pen->is_known || pen->row != row || pen->column != column)
		buffer_printf(pen->to, "\033[%zu;%zuH", row + 1, column + 1);
	if (!pen->has_style || !is_same_style(pen->style, cell->style))
		write_style(pen->to, cell->style, pen->can & GRID_COLOURS);
	write_link(pen, cell->style.link);
	pen->style = cell->style;
	pen->has_style = true;
	buffer_add(pen->to, cell->text, cell->bytes);
	pen->row = row;
	pen->column = column + cell->columns;
	/* Terminals disagree about what is joined, and about what is not ASCII and wide. */
	pen->is_known = cell->bytes == 1 || (cell->bytes <= 3 && cell->columns == 1);
}

static void write_placed(struct pen *pen, const struct grid_cell *cell, size_t row, size_t column)
{
	bool is_end = column + cell->columns == pen->grid->columns;
	/* In the last cell of all the terminal would scroll. */
	bool would_scroll = is_end && row + 1 == pen->grid->rows;
	if (would_scroll)
		buffer_add_string(pen->to, "\033[?7l");
	grid_write_cell(pen, cell, row, column);
	if (would_scroll)
		buffer_add_string(pen->to, "\033[?7h");
	if (is_end)
		pen->is_known = false;
}

static void wipe_row(struct pen *pen, size_t row)
{
	write_link(pen, 0);
	buffer_printf(pen->to, "\033[%zu;1H\033[m\033[2K", row + 1);
	pen->is_known = pen->has_style = false;
}

/* Cells that show the same already are not written; a wide cluster is one with the blank behind it. */
static bool is_there(const struct grid *shown, const struct grid *wanted, size_t row, size_t column)
{
	bool is_wide = cell_at(wanted, row, column)->columns == 2;
	return grid_is_same(wanted, shown, row, column) &&
	       (!is_wide || grid_is_same(wanted, shown, row, column + 1));
}

/* Several code points in one cell: terminals disagree about how wide they are, and what they leave behind. */
static bool is_joined(const struct grid_cell *cell)
{
	uint32_t c;
	return cell->bytes > 1 && code_point_read(cell->text, cell->bytes, &c) < cell->bytes;
}

/* A row with such cells is wiped and written as a whole when it changes, unless a picture lies over it. */
static bool is_row_anew(const struct grid *shown, const struct grid *wanted, size_t row)
{
	bool has_joined = false, has_change = false;
	for (size_t column = 0; column < wanted->columns; column++) {
		const struct grid_cell *is = cell_at(shown, row, column), *be = cell_at(wanted, row, column);
		if (is->style.picture || be->style.picture)
			return false;
		has_joined |= is_joined(is) || is_joined(be);
		has_change |= !grid_is_same(wanted, shown, row, column);
	}
	return has_joined && has_change;
}

void grid_write(struct buffer *to, const struct grid *shown, const struct grid *wanted, unsigned can)
{
	bool is_new = !shown || shown->columns != wanted->columns || shown->rows != wanted->rows;
	struct pen pen = {.to = to, .grid = wanted, .can = can};
	size_t before = buffer_length(to);
	for (size_t row = 0; row < wanted->rows; row++) {
		bool is_anew = is_new || is_row_anew(shown, wanted, row);
		if (is_anew && !is_new)
			wipe_row(&pen, row);
		for (size_t column = 0; column < wanted->columns; column++) {
			const struct grid_cell *cell = cell_at(wanted, row, column);
			if (cell->columns && (is_anew || !is_there(shown, wanted, row, column)))
				write_placed(&pen, cell, row, column);
		}
	}
	bool is_moved = is_new || shown->cursor_column != wanted->cursor_column ||
			shown->cursor_row != wanted->cursor_row || shown->has_cursor != wanted->has_cursor;
	if (buffer_length(to) == before && !is_moved)
		return;
	write_link(&pen, 0);
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
