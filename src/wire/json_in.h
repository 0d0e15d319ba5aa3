/* Reads one JSON object member by member, without building anything: a member is shown as where it lies.
 *
 * Layer: wire, pure. Strict (RFC 8259, well-formed UTF-8). What is nested is checked and shown as a whole:
 * another json_in reads it. An escaped surrogate without its other half is JSON but not text, so the value
 * says so. */
#ifndef BRUSIO_WIRE_JSON_IN_H
#define BRUSIO_WIRE_JSON_IN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Objects and arrays in each other, the object itself among them. */
#define JSON_IN_DEPTH_MAX 64

enum json_in_kind {
	JSON_IN_NULL,
	JSON_IN_BOOL,
	JSON_IN_INTEGER, /* whole, also where it is written as 10.0 or 1e1, and fits 64 bits */
	JSON_IN_REAL,    /* any other number; its value is not looked at */
	JSON_IN_TEXT,
	JSON_IN_OBJECT,
	JSON_IN_ARRAY
};

struct json_in_value {
	enum json_in_kind kind;
	bool is_escaped;   /* a text that does not stand there as it is meant */
	bool is_broken;    /* a text with half a surrogate pair, which is read as U+FFFD */
	const char *bytes; /* of the object that is read; of a text without its quotes */
	size_t length;
	int64_t integer; /* of a boolean 0 or 1 */
};

struct json_in {
	const char *at, *end;
	bool is_wrong; /* this is not a JSON object */
	bool is_deep;  /* it is wrong because it nests deeper than JSON_IN_DEPTH_MAX */
	bool has_begun;
};

/* `bytes` must stay until the last value was used. */
void json_in_open(struct json_in *in, const char *bytes, size_t length);

/* The next member, in the order of the text; a name may come more than once, and the last one counts. False
 * behind the last member, with nothing but white space left, or where `is_wrong` says so. */
bool json_in_next(struct json_in *in, struct json_in_value *name, struct json_in_value *value);

/* The elements of an array, likewise. */
void json_in_open_array(struct json_in *in, const char *bytes, size_t length);
bool json_in_next_element(struct json_in *in, struct json_in_value *value);

/* Writes what a text means, which is never longer than `length`, and returns how long it is. It may hold
 * NULs. */
size_t json_in_text(const struct json_in_value *text, char *to);

/* Looks for the text member `name` of an object that need not be whole or right. False: none was found that
 * can be read. */
bool json_in_find(const char *bytes, size_t length, const char *name, struct json_in_value *value);

#endif
