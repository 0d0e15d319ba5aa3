/* The formats of pictures that are read, each by its library. They are read in a process that has nothing to lose
 * (picture_decode.h).
 *
 * Layer: front (libpng, libjpeg, libwebp), pure. */
#ifndef BRUSIO_FRONT_PICTURE_FORMAT_H
#define BRUSIO_FRONT_PICTURE_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

struct picture_source {
	unsigned wanted_width, wanted_height; /* the least that is needed: less work where it is much */
	unsigned width, height;
	unsigned char *pixels; /* PICTURE_PIXEL_BYTES each; the caller frees */
};

struct picture_format {
	const char *type;
	/* False where it is not such a picture, or too large. */
	bool (*read)(const unsigned char *bytes, size_t length, struct picture_source *source);
};

/* NULL for a type that is not read. */
const struct picture_format *picture_format_find(const char *type);

#endif
