/* The common part of encrypted lines: versions, suites, certificate, trust.
 *
 * Layer: net. Threads: a context is read by any; tls_context_load() may run while others make lines from it:
 * those that exist keep the certificate that they began with. */
#ifndef BRUSIO_NET_TLS_CONTEXT_H
#define BRUSIO_NET_TLS_CONTEXT_H

#include "net/certificate.h"

#include <stdbool.h>
#include <stddef.h>

/* The longest piece of plain text that one record carries. */
#define TLS_RECORD_BYTES 16384

struct tls_context;
struct ssl_st;

/* Without a certificate, until tls_context_load(). */
struct tls_context *tls_context_new_server(void);
/* Trusts the system's authorities, and lets a chain that is not valid through for tls_trust to judge. */
struct tls_context *tls_context_new_client(void);
void tls_context_free(struct tls_context *context);

/* Takes certificate chain and key from PEM files. On failure returns -1, `problem` says what is wrong, and
 * the context is as it was. */
int tls_context_load(struct tls_context *context, const char *cert, const char *key, char *problem,
		     size_t problem_bytes);

/* Is the certificate one that was given, so that others may know its names, or our own? Ours until it is
 * said. */
void tls_context_set_given(struct tls_context *context, bool is_given);
bool tls_context_is_given(const struct tls_context *context);
/* Does the certificate name this host? */
bool tls_context_has_name(struct tls_context *context, const char *host);
/* The SHA-256 of the certificate, "04:C3:..."; "" if there is none yet. */
void tls_context_fingerprint(struct tls_context *context, char fingerprint[TLS_FINGERPRINT_BYTES]);

/* For tls.c: an SSL with the present certificate, owned by the caller. */
struct ssl_st *tls_context_line(struct tls_context *context);

#endif
