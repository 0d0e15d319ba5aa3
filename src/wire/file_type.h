/* The type of a file, by its first bytes alone: neither its name nor what a client says of it counts.
 *
 * Layer: wire, pure. Only what a browser shows without running anything in it has a type of its own; all else, HTML
 * and SVG among it, is "application/octet-stream". */
#ifndef BRUSIO_WIRE_FILE_TYPE_H
#define BRUSIO_WIRE_FILE_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* So many first bytes tell enough: the size of a JPEG stands behind what a camera wrote about it. */
#define FILE_TYPE_HEAD_BYTES 262144

/* A literal. `is_whole`: there is nothing behind these bytes. */
const char *file_type_of(const unsigned char *bytes, size_t length, bool is_whole);

/* May a page show files of this type, where they are? */
bool file_type_is_shown(const char *type);

/* The size of a picture as it is to be shown, in pixels; false where the first bytes do not say. */
bool file_type_size(const char *type, const unsigned char *bytes, size_t length, int32_t *width,
		    int32_t *height);

/* The orientation that a camera noted in these bytes, "Exif" and what follows: 1 to 8, where it is one. From 5 on the
 * picture lies on its side. */
int file_type_orientation(const unsigned char *exif, size_t length);
/* The same without "Exif" before it, as other formats have it. */
int file_type_tiff_orientation(const unsigned char *tiff, size_t length);
/* The same of a PNG that begins with these bytes; 1, too, where it notes none before its picture's data. */
int file_type_png_orientation(const unsigned char *bytes, size_t length);

#endif
