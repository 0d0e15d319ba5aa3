/* One code point of UTF-8 at a time: in, out, and how many columns it takes on a terminal.
 *
 * Layer: base (utf8proc). Threads: any. */
#ifndef BRUSIO_BASE_CODE_POINT_H
#define BRUSIO_BASE_CODE_POINT_H

#include <stddef.h>
#include <stdint.h>

#define CODE_POINT_REPLACEMENT 0xfffdu
#define CODE_POINT_BYTES_MAX   4

/* Reads the first code point of `bytes` > 0 bytes and returns how many it used. What is no UTF-8 uses one
 * byte and reads as CODE_POINT_REPLACEMENT. */
size_t code_point_read(const char *text, size_t bytes, uint32_t *code_point);

/* Writes UTF-8 and returns its length; what is no code point becomes CODE_POINT_REPLACEMENT. */
size_t code_point_write(char text[CODE_POINT_BYTES_MAX], uint32_t code_point);

/* 0 (combining marks, controls), 1 or 2. */
int code_point_columns(uint32_t code_point);

#endif
