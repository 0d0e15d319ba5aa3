/* The header fields of tus 1.0.0 (https://tus.io/protocols/resumable-upload), by which an upload is resumed.
 *
 * Layer: wire, pure. */
#ifndef BRUSIO_WIRE_TUS_H
#define BRUSIO_WIRE_TUS_H

#include "wire/http.h"

#define TUS_VERSION      "1.0.0"
#define TUS_ALGORITHMS   "sha1,sha256,blake2b512"
#define TUS_DIGEST_CHARS 89 /* 64 bytes in base 64, and a NUL */

/* The number in Upload-Length or Upload-Offset; -1: the field is missing, repeated, or not a number of bytes. */
int64_t tus_number(const struct http_request *request, const char *field);

/* Has the field Upload-Metadata the form "key value,key value", with values in base 64? If so, `name` is what its
 * "filename" or "name" says; empty where it says nothing that fits. */
bool tus_read_metadata(struct http_text metadata, char *name, size_t room);

/* The sum that a request announces of its body. */
struct tus_checksum {
	void *state; /* NULL: none was announced */
	char expected[TUS_DIGEST_CHARS];
};

/* False: the field is there, and names no algorithm of TUS_ALGORITHMS or is not of its form. */
bool tus_checksum_begin(struct tus_checksum *checksum, const struct http_request *request);
void tus_checksum_add(struct tus_checksum *checksum, const void *bytes, size_t length);
/* Ends it. True where it fits, or none was announced. */
bool tus_checksum_fits(struct tus_checksum *checksum);
void tus_checksum_release(struct tus_checksum *checksum);

#endif
