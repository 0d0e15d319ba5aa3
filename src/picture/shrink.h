/* Makes a picture smaller while its rows come: each pixel of the small one is the mean of the area that it covers, also
 * in parts of pixels, and what is transparent adds no colour.
 *
 * Layer: picture. Threads: one a picture. */
#ifndef BRUSIO_PICTURE_SHRINK_H
#define BRUSIO_PICTURE_SHRINK_H

#include <stdbool.h>
#include <stdint.h>

struct shrink {
	int32_t side_max;                /* what the longer side may have; set by whoever makes it */
	int32_t from_width, from_height; /* of the rows that come */
	int32_t width, height;           /* of what is made: never larger */
	unsigned char *rgba;             /* rows of `width` pixels, 4 bytes each */
	uint64_t *across, *sum;          /* of the row that comes, and of the one that is made */
	int32_t row;                     /* so many came */
};

/* False: too large (LIMIT_PREVIEW_PIXELS), or empty. */
bool shrink_begin(struct shrink *shrink, int64_t from_width, int64_t from_height);
/* Takes the next row. Rows that are too many are left out. */
void shrink_add(struct shrink *shrink, const unsigned char *rgba);
/* True once all of it came. */
bool shrink_is_done(const struct shrink *shrink);
/* Turns what was made as a camera notes it: 1 to 8. */
void shrink_turn(struct shrink *shrink, int orientation);
void shrink_release(struct shrink *shrink);

#endif
