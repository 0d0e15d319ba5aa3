/* The values for the placeholders of a text from lang/: {name} {room} {text} {by} {number} {time}.
 *
 * Layer: base. Strings are borrowed; NULL writes nothing. */
#ifndef BRUSIO_BASE_TEXT_ARGS_H
#define BRUSIO_BASE_TEXT_ARGS_H

#include <stdint.h>

struct text_args {
	const char *name;
	const char *room;
	const char *text;
	const char *by;
	const char *field; /* in no text: the field of a request that is wrong, as programs read it */
	int64_t number;
	int64_t time_ms; /* wall clock */
};

#endif
