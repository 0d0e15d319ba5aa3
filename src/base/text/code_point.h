/* One code point of UTF-8 at a time: in, out, and how many columns it takes on a terminal. This is the only
 * decoder; all others read by it.
 *
 * Layer: base (utf8proc). Threads: any. */
#ifndef BRUSIO_BASE_CODE_POINT_H
#define BRUSIO_BASE_CODE_POINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CODE_POINT_REPLACEMENT 0xfffdu
#define CODE_POINT_BYTES_MAX   4

/* The state of decoding a text that comes in pieces; zeroed: between two code points. */
struct code_point_state {
	uint8_t missing, low, high; /* continuation bytes to come, and the range of the next */
};

/* Takes the next byte; false where no well-formed UTF-8 goes on so (RFC 3629: nothing overlong, no
 * surrogates). */
bool code_point_take(struct code_point_state *state, uint8_t byte);

/* The well-formed code point at the beginning of the text and how many bytes it has; 0 where there is none,
 * or `bytes` end within it. */
size_t code_point_decode(const char *text, size_t bytes, uint32_t *code_point);

/* True for a byte inside a code point, behind its first one. */
static inline bool code_point_is_inner(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

/* Reads the first code point of `bytes` > 0 bytes and returns how many it used. What is no UTF-8 uses one
 * byte and reads as CODE_POINT_REPLACEMENT. */
size_t code_point_read(const char *text, size_t bytes, uint32_t *code_point);

/* Writes UTF-8 and returns its length; what is no code point becomes CODE_POINT_REPLACEMENT. */
size_t code_point_write(char text[CODE_POINT_BYTES_MAX], uint32_t code_point);

/* 0 (combining marks, controls), 1 or 2. */
int code_point_columns(uint32_t code_point);

#endif
