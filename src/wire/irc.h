/* Lines of IRC (RFC 1459, modern.ircdocs.horse, ircv3.net): taken apart, and the pieces that are put into them.
 *
 * Layer: wire, pure. Lines come without their ends. */
#ifndef BRUSIO_WIRE_IRC_H
#define BRUSIO_WIRE_IRC_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IRC_PARAMS_MAX 15
/* A line's body with its end, and its tags with '@' and the space behind them. Tags of clients have half of it. */
#define IRC_BODY_BYTES        512
#define IRC_TAGS_BYTES        8191
#define IRC_CLIENT_TAGS_BYTES 4094

/* Its strings lie in the text that was taken apart; NULL where there is none. */
struct irc_line {
	char *tags;   /* without '@' */
	char *source; /* without ':' */
	char *command;
	char *params[IRC_PARAMS_MAX];
	size_t count; /* of params; those behind it are NULL */
};

/* Takes a line apart, which is changed. False: it has no command. Control characters that no line may hold (NUL, CR,
 * LF) are not looked for: see irc_is_clean(). */
bool irc_parse(char *text, struct irc_line *line);
/* True where the line has neither NUL nor CR nor LF. */
bool irc_is_clean(const char *text, size_t bytes);

/* The value of the tag, unescaped, "" where it has none; false: it is not there. Of several the last one counts. */
bool irc_tag(const struct irc_line *line, const char *name, struct buffer *value);
/* Adds a tag's value with what must be escaped. */
void irc_add_tag_value(struct buffer *to, const char *value);

/* Adds a text that goes into one line: a line end or a NUL becomes a space. */
void irc_add_text(struct buffer *to, const char *text);

/* The bytes of the next piece of `text` that goes into one line: up to a line end, or at most `bytes_max` without
 * cutting a code point, at a space where one is near. `*skip` is how many more belong to no piece (the line end);
 * `*is_broken`: the piece goes on in the next one. */
size_t irc_piece(const char *text, size_t bytes, size_t bytes_max, size_t *skip, bool *is_broken);

/* Small letters of ASCII are the same as large ones: CASEMAPPING=ascii. */
bool irc_is_same(const char *one, const char *other);

/* Numbers in base 36, as they stand in message ids. */
void irc_add_base36(struct buffer *to, uint64_t number);
/* Reads digits up to `end`, which may be '\0'; false: these are none, or too many. */
bool irc_read_base36(const char **at, char end, uint64_t *number);

/* Decodes the base 64 (RFC 4648, section 4) of SASL and adds it to the buffer. False: it is not base 64. */
bool irc_read_base64(const char *text, struct buffer *to);

#endif
