/* Lines as telnet sends them (RFC 854, 855): with commands between the bytes, a line that ends with CR NUL,
 * and keys that take characters back. What netcat sends are such lines, too.
 *
 * Layer: wire, pure. Every option that the other side offers or asks for is refused. */
#ifndef BRUSIO_WIRE_TELNET_H
#define BRUSIO_WIRE_TELNET_H

#include "base/buffer.h"

/* A subnegotiation that is longer than this is cut there. */
#define TELNET_SUBNEGOTIATION_MAX 256

/* Looks for the end of the line at the front of `bytes`, of which `*scanned` were looked at before. Returns
 * the line's bytes with its end, or 0 where it goes on; `*scanned` says up to where was looked. Adds to
 * `answer` what the commands on the way call for. */
size_t telnet_find_end(const char *bytes, size_t length, size_t *scanned, struct buffer *answer);

/* Writes the line as it was meant, without commands, end, and what was taken back, and returns how long it
 * is: at most `length`. */
size_t telnet_line(const char *bytes, size_t length, char *to);

#endif
