/* The sender of a push: a signature by a key of the server, which a subscription is bound to (RFC 8292).
 *
 * Layer: push. Threads: one at a time; the public key any. */
#ifndef BRUSIO_PUSH_VAPID_H
#define BRUSIO_PUSH_VAPID_H

#include "push/endpoint.h"

#include <stddef.h>
#include <stdint.h>

#define VAPID_PUBLIC_CHARS        87 /* an uncompressed point in base64url */
#define VAPID_CONTACT_BYTES       256
#define VAPID_AUTHORIZATION_BYTES 1024

struct vapid;

/* Reads the key from the PEM file, or makes one that only the owner may read. `contact` is "mailto:…" or "https://…", for
 * the push service's operators. Returns 0, or -1 with `problem` filled in. */
int vapid_open(const char *path, const char *contact, struct vapid **made, char *problem,
	       size_t problem_bytes);
void vapid_close(struct vapid *vapid);

/* The key that browsers subscribe with. */
const char *vapid_public(const struct vapid *vapid);

/* The value of the field Authorization for a push to there, "vapid t=…, k=…"; NULL where nothing can be signed. It holds
 * for some hours and is kept so long; valid until the next call. */
const char *vapid_authorization(struct vapid *vapid, const struct endpoint *endpoint, int64_t wall_ms);

#endif
