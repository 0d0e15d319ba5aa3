/* The native dialect's requests: one JSON object to one struct request.
 *
 * Layer: wire, pure. Contract: doc/protocol.md sections 2 and 3. */
#ifndef BRUSIO_WIRE_NATIVE_H
#define BRUSIO_WIRE_NATIVE_H

#include "base/error.h"
#include "base/limits.h"
#include "base/request.h"

/* What was wrong, for the error's text; and the id to answer to, where there was one. */
struct native_fault {
	char field[32];
	size_t bytes_max; /* of that field, where ERROR_TOO_LARGE */
	char id[LIMIT_ID_BYTES + 1];
};

/* On 0 `*request` is the caller's. Otherwise the negative error code: -ERROR_BAD_JSON (no JSON object:
 * the connection should close), -ERROR_UNKNOWN_OP, -ERROR_BAD_FIELD, -ERROR_TOO_LARGE; `fault` says more. */
int native_parse(const char *bytes, size_t length, struct request **request, struct native_fault *fault);

#endif
