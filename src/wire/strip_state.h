/* The state of a picture that is stripped, and the formats that it may have.
 *
 *   GATHER: `wanted` bytes come into `head` --next()--> they are kept, changed or left out
 *   PASS:   `left` bytes go by, kept or not, or zeros in their place
 *   SCAN:   of a JPEG, as long as bytes of the picture come
 *   OVER:   what comes is left out
 *
 * Layer: wire, private to strip*.c. */
#ifndef BRUSIO_WIRE_STRIP_STATE_H
#define BRUSIO_WIRE_STRIP_STATE_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stdint.h>

enum strip_fate { STRIP_LEAVE_OUT, STRIP_KEEP, STRIP_BLANK };

struct strip {
	void (*next)(struct strip *strip); /* of the format: `head` has what it wants */
	struct buffer *to;                 /* of the piece that is taken now */
	struct buffer head;
	size_t wanted; /* bytes of `head` */
	uint64_t left; /* to pass before more is gathered */
	enum strip_fate fate;
	bool is_scanning, is_over;
	bool is_altered; /* other bytes than those that came */
	bool has_orientation;
	unsigned char code; /* of the segment */
	int step;           /* of the format */
	uint64_t inside;    /* bytes of the segment, or of the container, that are to come */
	uint64_t behind;    /* bytes to pass behind the head */
	int64_t in, out;
};

/* Adds bytes to what comes out. */
void strip_add(struct strip *strip, const void *bytes, size_t length);
/* Has the next `wanted` bytes gathered, and then next() called in this step. */
void strip_gather(struct strip *strip, int step, size_t wanted);
/* Has `left` bytes go by first. */
void strip_pass(struct strip *strip, uint64_t left, enum strip_fate fate);

/* How each format begins. */
void strip_jpeg_begin(struct strip *strip);
void strip_png_begin(struct strip *strip);
void strip_gif_begin(struct strip *strip);
void strip_webp_begin(struct strip *strip);

/* Takes bytes of a JPEG's picture; how many. */
size_t strip_jpeg_scan(struct strip *strip, const unsigned char *bytes, size_t length);

#endif
