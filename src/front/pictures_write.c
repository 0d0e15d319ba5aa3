/* Puts pictures where the cells of a grid say. */
#include "front/pictures.h"

#include <assert.h>
#include <string.h>

/* The row's part of a picture; false where it has none, or something lies over it. */
static bool place_in_row(const struct pictures *pictures, const struct grid *grid, size_t row,
			 struct picture_place *place)
{
	const struct grid_cell *cells = grid->cells + row * grid->columns;
	size_t column = 0, end;
	while (column < grid->columns && !cells[column].style.picture)
		column++;
	if (column == grid->columns)
		return false;
	struct style style = cells[column].style;
	for (end = column; end < grid->columns && cells[end].style.picture == style.picture; end++)
		continue;
	const struct picture *picture = pictures_find(pictures, style.picture);
	*place = (struct picture_place){style.picture, row, column, style.picture_row, 1};
	return picture && picture->pixels && end - column == picture->size.columns;
}

static void find_places(const struct pictures *pictures, const struct grid *grid, struct picture_places *to)
{
	to->count = 0;
	for (size_t row = 0; row < grid->rows; row++) {
		struct picture_place place, *last = to->count ? &to->places[to->count - 1] : NULL;
		if (!place_in_row(pictures, grid, row, &place))
			continue;
		if (last && last->number == place.number && last->column == place.column &&
		    last->row + last->rows == row && last->from + last->rows == place.from)
			last->rows++;
		else if (to->count < PICTURES_PLACES_MAX)
			to->places[to->count++] = place;
	}
}

static bool has_place(const struct picture_places *places, const struct picture_place *place)
{
	for (size_t i = 0; i < places->count; i++) {
		const struct picture_place *one = &places->places[i];
		if (one->number == place->number && one->row == place->row && one->column == place->column &&
		    one->from == place->from && one->rows == place->rows)
			return true;
	}
	return false;
}

/* Pixel rows [*top, *top + returned) of the picture's cell rows. */
static unsigned pixel_rows(const struct pictures *pictures, const struct picture *picture,
			   const struct picture_place *place, unsigned *top)
{
	unsigned end = (unsigned)(place->from + place->rows) * pictures->cell_height;
	*top = (unsigned)place->from * pictures->cell_height;
	end = end < picture->size.height ? end : picture->size.height;
	assert(*top < end);
	return end - *top;
}

/* --- kitty: pictures lie over the cells until they are taken away -------------------------------- */

static void put_kitty(struct pictures *pictures, struct buffer *to, struct picture *picture,
		      const struct picture_place *place)
{
	unsigned top, rows = pixel_rows(pictures, picture, place, &top);
	if (!picture->is_sent)
		picture_write_kitty(to, picture->pixels, picture->size.width, picture->size.height,
				    picture->number);
	picture->is_sent = true;
	buffer_printf(to, "\033[%zu;%zuH\033_Ga=p,i=%u,p=%zu,x=0,y=%u,w=%u,h=%u,C=1,q=2\033\\",
		      place->row + 1, place->column + 1, place->number, place->row + 1, top,
		      picture->size.width, rows);
}

static void take_away(struct buffer *to, const struct picture_place *place)
{
	buffer_printf(to, "\033_Ga=d,d=i,i=%u,p=%zu,q=2\033\\", place->number, place->row + 1);
}

/* --- sixels: they are in the cells, and go when those are written ----------------------------------- */

static bool is_untouched(const struct grid *shown, const struct grid *wanted,
			 const struct picture_place *place, size_t columns)
{
	for (size_t row = place->row; row < place->row + place->rows; row++)
		for (size_t column = place->column; column < place->column + columns; column++)
			if (!grid_is_same(shown, wanted, row, column))
				return false;
	return true;
}

static void put_sixels(const struct pictures *pictures, struct buffer *to, const struct picture *picture,
		       const struct picture_place *place)
{
	unsigned top, rows = pixel_rows(pictures, picture, place, &top);
	buffer_printf(to, "\033[%zu;%zuH", place->row + 1, place->column + 1);
	picture_write_sixels(to, picture->pixels, picture->size.width, top, rows, pictures->colours);
}

/* --- both ---------------------------------------------------------------------------------------- */

static void write_place(struct pictures *pictures, struct buffer *to, const struct grid *shown,
			const struct grid *wanted, const struct picture_place *place, bool was_there)
{
	struct picture *picture = pictures_find(pictures, place->number);
	bool is_kitty = pictures->protocol == PICTURES_KITTY;
	assert(pictures_can(pictures) && picture && picture->pixels); /* 1 */
	if (was_there && (is_kitty || is_untouched(shown, wanted, place, picture->size.columns)))
		return;
	/* The cursor comes back to where the grid has put it. */
	buffer_add_string(to, "\0337");
	if (is_kitty)
		put_kitty(pictures, to, picture, place);
	else
		put_sixels(pictures, to, picture, place);
	buffer_add_string(to, "\0338");
}

void pictures_write(struct pictures *pictures, struct buffer *to, const struct grid *shown,
		    const struct grid *wanted)
{
	struct picture_places before, *places = &pictures->places;
	if (!pictures_can(pictures))
		return;
	if (!shown)
		pictures_write_end(pictures, to);
	before = *places;
	find_places(pictures, wanted, places);
	for (size_t i = 0; pictures->protocol == PICTURES_KITTY && i < before.count; i++)
		if (!has_place(places, &before.places[i]))
			take_away(to, &before.places[i]);
	for (size_t i = 0; i < places->count; i++)
		write_place(pictures, to, shown, wanted, &places->places[i],
			    has_place(&before, &places->places[i]));
}

void pictures_write_end(struct pictures *pictures, struct buffer *to)
{
	if (pictures->protocol == PICTURES_KITTY)
		buffer_add_string(to, "\033_Ga=d,d=A,q=2\033\\");
	for (size_t i = 0; i < pictures->count; i++)
		pictures->all[i]->is_sent = false;
	pictures->places.count = 0;
}
