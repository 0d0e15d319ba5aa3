/* The payload of a push as only its browser can read it: RFC 8291, in the encoding of RFC 8188 (aes128gcm), one record.
 *
 * Layer: push, pure but for the random numbers. Threads: any. */
#ifndef BRUSIO_PUSH_SEAL_H
#define BRUSIO_PUSH_SEAL_H

#include "base/buffer.h"

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>

#define SEAL_POINT_BYTES 65 /* of P-256, uncompressed */
#define SEAL_AUTH_BYTES  16
#define SEAL_SALT_BYTES  16
/* Push services take 4,096 bytes: salt, record size, length and key in front, the delimiter and the tag behind. */
#define SEAL_BODY_BYTES_MAX 4096
#define SEAL_TEXT_BYTES_MAX (SEAL_BODY_BYTES_MAX - SEAL_SALT_BYTES - 4 - 1 - SEAL_POINT_BYTES - 1 - 16)

/* The keys that a browser gives with its subscription. */
struct seal_keys {
	unsigned char point[SEAL_POINT_BYTES]; /* "p256dh" */
	unsigned char auth[SEAL_AUTH_BYTES];
};

/* Reads both from base64url. False: one of them is not such a key. */
bool seal_keys_read(struct seal_keys *keys, const char *p256dh, const char *auth);

/* Adds the body. The text is padded to `padded` bytes, so that its length tells nothing. False where the system gives no
 * random numbers; then nothing was added. `bytes` <= `padded` <= SEAL_TEXT_BYTES_MAX. */
bool seal_write(struct buffer *to, const struct seal_keys *keys, const void *text, size_t bytes,
		size_t padded);

/* The same with a pair of keys on P-256 and a salt that were never used before. */
bool seal_write_with(struct buffer *to, const struct seal_keys *keys, EVP_PKEY *pair,
		     const unsigned char salt[SEAL_SALT_BYTES], const void *text, size_t bytes,
		     size_t padded);

#endif
