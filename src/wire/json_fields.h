/* The members of one JSON object, by name: for objects that are large, seldom, and looked at in an order of their own.
 *
 * Layer: wire, pure. Read by wire/json_in.h. Texts are copied into an arena; what is nested lies in the bytes that were
 * read, which must stay. */
#ifndef BRUSIO_WIRE_JSON_FIELDS_H
#define BRUSIO_WIRE_JSON_FIELDS_H

#include "base/arena.h"
#include "wire/json_in.h"

#define JSON_FIELDS_MAX 64

struct json_field {
	const char *name;
	const char *text; /* NULL: the value is not a text */
	struct json_in_value value;
};

struct json_fields {
	struct json_field fields[JSON_FIELDS_MAX];
	size_t count;
};

/* False where this is not a JSON object, has more members than JSON_FIELDS_MAX or one of them twice, or has a text that
 * holds a NUL or half a surrogate pair. */
bool json_fields_read(struct json_fields *fields, struct arena *arena, const char *bytes, size_t length);

/* NULL where it is missing or null. */
const struct json_field *json_fields_find(const struct json_fields *fields, const char *name);

/* NULL where it is missing or not a text. */
const char *json_fields_text(const struct json_fields *fields, const char *name);

#endif
