#include "front/picture.h"

#include "base/base64.h"

#include <assert.h>
#include <string.h>
#include <zlib.h>

#define BAND           6    /* pixel rows that a sixel has */
#define KITTY_PIECE    3072 /* bytes of a piece, 4096 when they are encoded */
#define PACK_LEVEL     4    /* of zlib: quick, and near its best */
#define SEEN           128  /* of 255: less is not drawn by sixels, whose pixels are either there or not */
#define COLUMNS_A_SIDE 4    /* of the matrix of thresholds */

bool picture_fit(int64_t width, int64_t height, unsigned cell_width, unsigned cell_height,
		 struct picture_size *size)
{
	assert(cell_width && cell_height && cell_width <= PICTURE_CELL_MAX &&
	       cell_height <= PICTURE_CELL_MAX);
	int64_t most_wide = (int64_t)PICTURE_COLUMNS_MAX * cell_width;
	int64_t most_high = (int64_t)PICTURE_ROWS_MAX * cell_height;
	bool is_shown = width > 0 && height > 0 && width <= PICTURE_SOURCE_MAX &&
			height <= PICTURE_SOURCE_MAX && width * height <= PICTURE_SOURCE_AREA;
	if (!is_shown)
		return false;
	int64_t wide = width, high = height;
	if (wide > most_wide) {
		high = high * most_wide / wide;
		wide = most_wide;
	}
	if (high > most_high) {
		wide = wide * most_high / high;
		high = most_high;
	}
	size->width = wide ? (unsigned)wide : 1;
	size->height = high ? (unsigned)high : 1;
	size->columns = (size->width + cell_width - 1) / cell_width;
	size->rows = (size->height + cell_height - 1) / cell_height;
	assert(size->columns <= PICTURE_COLUMNS_MAX && size->rows <= PICTURE_ROWS_MAX); /* 1 */
	return true;
}

/* --- sixels ------------------------------------------------------------------- */

/* How many steps red, green and blue have, so that their product is not above the colours that there are. */
struct steps {
	unsigned red, green, blue;
};

static struct steps steps_for(unsigned colours)
{
	static const struct steps known[] = {{6, 7, 6}, {5, 5, 5}, {4, 4, 4}, {3, 3, 3}, {2, 4, 2}};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (known[i].red * known[i].green * known[i].blue <= colours)
			return known[i];
	return (struct steps){2, 2, 2};
}

/* The step that a value is drawn with here: thresholds in a pattern make the shades between two steps. */
static unsigned step_of(unsigned value, unsigned steps, unsigned x, unsigned y)
{
	static const unsigned char thresholds[COLUMNS_A_SIDE][COLUMNS_A_SIDE] = {
	    {0, 8, 2, 10}, {12, 4, 14, 6}, {3, 11, 1, 9}, {15, 7, 13, 5}};
	unsigned scaled = value * (steps - 1) * 16 / 255;
	unsigned step = (scaled + thresholds[y % COLUMNS_A_SIDE][x % COLUMNS_A_SIDE]) / 16;
	return step < steps ? step : steps - 1;
}

static unsigned nearest_colour(const unsigned char *pixel, const struct steps *steps, unsigned x, unsigned y)
{
	unsigned red = step_of(pixel[0], steps->red, x, y), green = step_of(pixel[1], steps->green, x, y);
	return (red * steps->green + green) * steps->blue + step_of(pixel[2], steps->blue, x, y);
}

static void write_colours(struct buffer *to, const struct steps *steps)
{
	unsigned number = 0;
	for (unsigned red = 0; red < steps->red; red++)
		for (unsigned green = 0; green < steps->green; green++)
			for (unsigned blue = 0; blue < steps->blue; blue++)
				buffer_printf(to, "#%u;2;%u;%u;%u", number++, red * 100 / (steps->red - 1),
					      green * 100 / (steps->green - 1),
					      blue * 100 / (steps->blue - 1));
}

/* A character for so many pixels side by side. */
static void write_run(struct buffer *to, char sixel, unsigned count)
{
	if (count > 3)
		buffer_printf(to, "!%u%c", count, sixel);
	for (; count <= 3 && count; count--)
		buffer_add_char(to, sixel);
}

struct band {
	/* For each colour and column: a bit for each of the six pixels. */
	unsigned char bits[PICTURE_COLOURS_MAX][PICTURE_COLUMNS_MAX * PICTURE_CELL_MAX];
	bool is_used[PICTURE_COLOURS_MAX];
};

static void write_colour(struct buffer *to, const unsigned char *bits, unsigned width, unsigned number)
{
	unsigned run = 0, end = width;
	while (end && !bits[end - 1])
		end--;
	buffer_printf(to, "#%u", number);
	for (unsigned x = 0; x < end; x += run) {
		run = 1;
		while (x + run < end && bits[x + run] == bits[x])
			run++;
		write_run(to, (char)('?' + bits[x]), run);
	}
}

static void write_band(struct buffer *to, const unsigned char *pixels, unsigned width, unsigned top,
		       unsigned rows, const struct steps *steps)
{
	static struct band band;
	bool has_colour = false;
	memset(&band, 0, sizeof band);
	for (unsigned y = 0; y < rows; y++)
		for (unsigned x = 0; x < width; x++) {
			const unsigned char *pixel =
			    pixels + ((size_t)(top + y) * width + x) * PICTURE_PIXEL_BYTES;
			if (pixel[3] < SEEN)
				continue;
			unsigned colour = nearest_colour(pixel, steps, x, top + y);
			band.bits[colour][x] |= (unsigned char)(1u << y);
			band.is_used[colour] = true;
		}
	for (unsigned i = 0; i < PICTURE_COLOURS_MAX; i++) {
		if (!band.is_used[i])
			continue;
		/* Back to the beginning of the band for the next colour. */
		if (has_colour)
			buffer_add_char(to, '$');
		write_colour(to, band.bits[i], width, i);
		has_colour = true;
	}
}

void picture_write_sixels(struct buffer *to, const unsigned char *pixels, unsigned width, unsigned top,
			  unsigned rows, unsigned colours)
{
	struct steps steps = steps_for(colours);
	assert(width && width <= PICTURE_COLUMNS_MAX * PICTURE_CELL_MAX);
	/* 1 to 1, and what has no colour stays as it is. */
	buffer_printf(to, "\033P0;1q\"1;1;%u;%u", width, rows);
	write_colours(to, &steps);
	for (unsigned y = 0; y < rows; y += BAND) {
		if (y)
			buffer_add_char(to, '-');
		write_band(to, pixels, width, top + y, rows - y < BAND ? rows - y : BAND, &steps);
	}
	buffer_add_string(to, "\033\\");
}

/* --- kitty --------------------------------------------------------------------- */

void picture_write_kitty(struct buffer *to, const unsigned char *pixels, unsigned width, unsigned height,
			 unsigned number)
{
	uLong bytes = (uLong)width * height * PICTURE_PIXEL_BYTES;
	uLongf packed = compressBound(bytes);
	struct buffer pack = BUFFER_EMPTY;
	assert(number && bytes);
	/* With room for the worst case, only a lack of memory is a failure. */
	if (compress2((Bytef *)buffer_reserve(&pack, packed), &packed, pixels, bytes, PACK_LEVEL) != Z_OK) {
		buffer_release(&pack);
		return;
	}
	buffer_added(&pack, packed);
	for (size_t at = 0; at < packed; at += KITTY_PIECE) {
		size_t piece = packed - at < KITTY_PIECE ? packed - at : KITTY_PIECE;
		buffer_add_string(to, "\033_G");
		if (!at)
			buffer_printf(to, "a=t,f=32,o=z,s=%u,v=%u,i=%u,", width, height, number);
		buffer_printf(to, "q=2,m=%d;", at + piece < packed);
		base64_write(to, buffer_bytes(&pack) + at, piece);
		buffer_add_string(to, "\033\\");
	}
	buffer_release(&pack);
}
