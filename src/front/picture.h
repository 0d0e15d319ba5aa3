/* A picture as pixels, how many cells it takes, and the bytes that show a part of it: sixels, or the graphics
 * protocol of kitty.
 *
 *  1. `width` and `height` are those that picture_fit() made: at most PICTURE_COLUMNS_MAX by PICTURE_ROWS_MAX cells.
 *  2. Nothing that is written reaches below the rows that were asked for.
 *
 * Layer: front, pure. */
#ifndef BRUSIO_FRONT_PICTURE_H
#define BRUSIO_FRONT_PICTURE_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PICTURE_COLUMNS_MAX  48
#define PICTURE_ROWS_MAX     12
#define PICTURE_CELL_MAX     64         /* pixels of a cell, either way; a larger one is not believed */
#define PICTURE_PIXEL_BYTES  4          /* red, green, blue, and how much of it is seen */
#define PICTURE_COLOURS_MAX  252        /* of sixels */
#define PICTURE_SOURCE_MAX   (1 << 15)  /* pixels of a side of what was sent */
#define PICTURE_SOURCE_BYTES (16 << 20) /* of the file */
#define PICTURE_SOURCE_AREA  (16 << 20) /* pixels that are decoded */

struct picture_size {
	unsigned width, height; /* pixels, not more than the original has */
	unsigned columns, rows; /* cells */
};

/* The size at which a picture of so many pixels is shown. False for one that is not: without a size, or so large
 * that it is not decoded. The cell has a size. */
bool picture_fit(int64_t width, int64_t height, unsigned cell_width, unsigned cell_height,
		 struct picture_size *size);

/* Sixels of the pixel rows [top, top + rows), where the cursor is, with so many colours at most. What is not seen
 * stays as it was on the screen. */
void picture_write_sixels(struct buffer *to, const unsigned char *pixels, unsigned width, unsigned top,
			  unsigned rows, unsigned colours);

/* Hands kitty all the pixels under this number, to be shown later. */
void picture_write_kitty(struct buffer *to, const unsigned char *pixels, unsigned width, unsigned height,
			 unsigned number);

#endif
