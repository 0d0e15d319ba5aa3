/* The native dialect's requests: one JSON object to one struct request.
 *
 * Layer: wire, pure. Contract: doc/protocol.md sections 2 and 3. */
#ifndef BRUSIO_WIRE_NATIVE_H
#define BRUSIO_WIRE_NATIVE_H

#include "base/error.h"
#include "base/limits.h"
#include "base/request.h"
#include "texts.h"

/* The fault, for the error's text; and the id to answer to, if one could be read. */
struct native_fault {
	char field[32];
	enum text key;    /* TEXT_NONE: that of the error */
	size_t bytes_max; /* of that field, where ERROR_TOO_LARGE */
	char id[LIMIT_ID_BYTES + 1];
};

/* On 0 `*request` is the caller's. Otherwise the negative error code: -ERROR_BAD_JSON, -ERROR_UNKNOWN_OP,
 * -ERROR_BAD_FIELD, -ERROR_TOO_LARGE; `fault` says more. */
int native_parse(const char *bytes, size_t length, struct request **request, struct native_fault *fault);

/* The id of an object that need not be whole or right; "" where none can be read. */
void native_find_id(const char *bytes, size_t length, char id[LIMIT_ID_BYTES + 1]);

#endif
