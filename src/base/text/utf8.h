/* UTF-8: valid or not, how long, how wide, folded; and the names made of it.
 *
 * Layer: base (utf8proc). Threads: any. */
#ifndef BRUSIO_BASE_UTF8_H
#define BRUSIO_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* True where all of it is well-formed UTF-8 (RFC 3629: no surrogates, nothing overlong). */
bool utf8_valid(const char *text, size_t bytes);

/* The bytes of the code point at the beginning of the text; 0 where that is none, or `bytes` end within it.
 */
size_t utf8_step(const char *text, size_t bytes);

/* The longest prefix of at most `bytes_max` bytes that does not cut a code point. */
size_t utf8_prefix(const char *text, size_t bytes, size_t bytes_max);

/* Cuts blanks, tabs and ends of lines from both sides, in place; returns where the text begins then. */
char *utf8_trim(char *text);

/* Columns on a terminal; control characters count 0. */
size_t utf8_width(const char *text, size_t bytes);
/* The longest prefix at most so many columns wide that does not cut a code point, in bytes. */
size_t utf8_fit(const char *text, size_t bytes, size_t columns);

/* Writes `length` bytes to `to` with the letters of ASCII as small ones. True where all are ASCII, so that they are
 * what utf8_fold() makes of them. */
bool utf8_fold_ascii(const char *text, size_t length, char *to);
/* The NFKC case-folded form, under which names are compared; owned by the caller.
 * NULL where the text is not valid UTF-8. */
char *utf8_fold(const char *text);

/* True for a user's name as doc/protocol.md "Names" defines it. The text may be anything. */
bool utf8_is_user_name(const char *text);
/* True for "#" and a room's name. */
bool utf8_is_room_name(const char *text);

#endif
