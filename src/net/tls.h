/* One encrypted line over a non-blocking socket.
 *
 * Layer: net. Threads: a line belongs to one. What it holds beside the library's own state is ciphertext that
 * the socket did not take:
 *
 *  1. tls_write() encrypts nothing while there is any, so that is at most one record; what the handshake and
 *     key updates add to it is bounded by UNSENT_BYTES_MAX, beyond which the line breaks.
 *  2. Empty, it is freed: an idle line holds no buffer at all.
 *  3. A read says -EAGAIN only after the socket did, so edge-triggered waiting misses nothing. */
#ifndef BRUSIO_NET_TLS_H
#define BRUSIO_NET_TLS_H

#include "net/tls_context.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

struct tls;

/* The handshake is part of reading. The socket stays the caller's. */
struct tls *tls_new_server(struct tls_context *context, int fd);
/* `name` is the host that was asked for: sent along, and what a certificate is checked against. */
struct tls *tls_new_client(struct tls_context *context, int fd, const char *name);
void tls_free(struct tls *tls);

/* Like stream_read() and stream_write(). -EPROTO: the peer does not do TLS right; tls_problem() says more. */
ssize_t tls_read(struct tls *tls, void *bytes, size_t length);
ssize_t tls_write(struct tls *tls, const struct iovec *iov, int count);
/* Writes what waits: 0 all, -EAGAIN not yet, another -errno: broken. */
int tls_flush(struct tls *tls);
/* Announces the end of our writing, then flushes like tls_flush(). */
int tls_end(struct tls *tls);

/* True while tls_flush() has something to do. */
bool tls_has_unsent(const struct tls *tls);

bool tls_is_handshaking(const struct tls *tls);
/* Does one step of the handshake: 0 done, -EAGAIN: wait for input; another -errno as tls_read(). */
int tls_handshake(struct tls *tls);
/* The library's words for what was wrong last; never NULL. */
const char *tls_problem(const struct tls *tls);

/* --- whom are we talking to? After the handshake, for clients --- */

/* The SHA-256 of the peer's certificate; "" if it has none. */
void tls_peer_fingerprint(const struct tls *tls, char text[TLS_FINGERPRINT_BYTES]);
/* Its chain leads to an authority that this machine trusts, and it is for the name that was asked for. */
bool tls_peer_is_certified(const struct tls *tls);

#endif
