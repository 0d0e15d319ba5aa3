/* The signature of a request to S3: AWS Signature Version 4, in the field Authorization.
 *
 * Layer: store. Threads: any. */
#ifndef BRUSIO_STORE_BUCKET_SIGN_H
#define BRUSIO_STORE_BUCKET_SIGN_H

#include "store/blobs/bucket.h"

#include <time.h>

#define BUCKET_HASH_BYTES 65 /* SHA-256 in hex */

struct bucket_signature {
	char date[17]; /* for the field X-Amz-Date */
	char authorization[640];
};

/* `path` and `query` as they stand in the request, which are escaped, the query's fields in their order; `hash` of the body.
 * The fields Host, X-Amz-Content-Sha256 and X-Amz-Date are signed. */
void bucket_sign(const struct bucket_config *config, const char *host, const char *method, const char *path,
		 const char *query, const char *hash, time_t now, struct bucket_signature *signature);

/* The hash of bytes, or of all of a file (-1: it cannot be read). */
void bucket_hash(const void *bytes, size_t length, char hash[BUCKET_HASH_BYTES]);
int64_t bucket_hash_file(int fd, char hash[BUCKET_HASH_BYTES]);

#endif
