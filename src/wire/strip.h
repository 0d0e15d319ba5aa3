/* Takes out of a picture what a camera or a program wrote about it: where it was taken, when, by whom, with what. The
 * picture itself and its colours stay, byte for byte, and so does the orientation of a JPEG; nothing is decoded.
 *
 *   JPEG  of the segments APP0 to APP15 JFIF, ICC and Adobe's stay, and of Exif the orientation alone; comments go,
 *         and what stands behind the end, where phones put a second picture or a film
 *   PNG   the chunks stay that say how to draw it
 *   GIF   comments and the data of other programs go
 *   WebP  chunks that do not draw become zeros of the same size
 *
 * Layer: wire, pure but for its memory. Any bytes are taken: of what is broken, the part that no reader of pictures
 * would find goes. What has passed once passes again unchanged. */
#ifndef BRUSIO_WIRE_STRIP_H
#define BRUSIO_WIRE_STRIP_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct strip;

/* `type` as file_type_of() says it. NULL: files of this type are left as they are. */
struct strip *strip_new(const char *type);
void strip_free(struct strip *strip);

/* Takes the next piece, and adds to `to` what stays of it and of what was held back. */
void strip_take(struct strip *strip, const void *bytes, size_t length, struct buffer *to);

/* False: so far, what came out is what went in. */
bool strip_has_changed(const struct strip *strip);

#endif
