/* Reads pictures of each kind, row by row where the format lets one.
 *
 * Layer: picture, inside the process that is there for one picture alone: what is wrong or too large ends it at once
 * (decode_give_up()), and nothing is freed. Threads: one. */
#ifndef BRUSIO_PICTURE_DECODE_H
#define BRUSIO_PICTURE_DECODE_H

#include "base/limits.h"
#include "picture/shrink.h"

#include <stddef.h>
#include <stdint.h>
#include <stdnoreturn.h>

noreturn void decode_give_up(void);

/* An ICC profile says what the numbers of a picture's colours mean. One that is not for red, green
 * and blue, or larger than LIMIT_PREVIEW_PROFILE_BYTES, is left out. */
struct colours {
	unsigned char bytes[LIMIT_PREVIEW_PROFILE_BYTES];
	size_t length; /* 0: none */
};
/* Takes it over, if it is one of those. */
void colours_take(struct colours *profile, const unsigned char *bytes, size_t length);

/* Begins `to`, and gives it all rows of the picture, as it is to be shown; `profile` is empty. */
void decode_jpeg(const unsigned char *bytes, size_t length, struct shrink *to, struct colours *profile);
void decode_png(const unsigned char *bytes, size_t length, struct shrink *to, struct colours *profile);
/* An animation gives its first frame. */
void decode_gif(const unsigned char *bytes, size_t length, struct shrink *to, struct colours *profile);
void decode_webp(const unsigned char *bytes, size_t length, struct shrink *to, struct colours *profile);

#endif
