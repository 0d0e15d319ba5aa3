/* Writes JSON objects on one line, field by field, in the order of the calls.
 *
 * Layer: wire, pure. Texts must be valid UTF-8 (whatever came in was checked); control characters,
 * quotes and backslashes are escaped, so there is never a raw newline inside. */
#ifndef BRUSIO_WIRE_JSON_OUT_H
#define BRUSIO_WIRE_JSON_OUT_H

#include "base/buffer.h"

#include <stdbool.h>

struct json_out {
	struct buffer *to; /* borrowed */
	bool needs_comma;
};

void json_open(struct json_out *out, struct buffer *to);
void json_close(struct json_out *out);

/* A NULL text writes no field at all. */
void json_text(struct json_out *out, const char *key, const char *text);
void json_number(struct json_out *out, const char *key, int64_t value);
void json_bool(struct json_out *out, const char *key, bool value);
/* RFC 3339, UTC, milliseconds. */
void json_time(struct json_out *out, const char *key, int64_t wall_ms);

/* Nested values: `close` is what ends them. */
void json_object_begin(struct json_out *out, const char *key);
void json_object_end(struct json_out *out);
void json_array_begin(struct json_out *out, const char *key);
void json_array_end(struct json_out *out);
/* The comma between elements of an array of objects; then json_open() style begin with a NULL key. */
void json_element_begin(struct json_out *out);
void json_element_end(struct json_out *out);

#endif
