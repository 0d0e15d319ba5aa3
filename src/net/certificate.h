/* Certificates: the one that a server makes for itself, and how people compare them.
 *
 * Layer: net. */
#ifndef BRUSIO_NET_CERTIFICATE_H
#define BRUSIO_NET_CERTIFICATE_H

#include <stddef.h>

struct x509_st;

#define TLS_FINGERPRINT_BYTES (32 * 3) /* "AB:CD:...:EF" and the NUL */

/* Makes a key (ECDSA P-256) and a certificate signed with it, for localhost and for this machine's names and
 * addresses, where the files do not exist yet; both are their owner's alone. Where only the key is there, it
 * is kept. Returns 1: made, 0: there already, -1: `problem` says what went wrong. */
int certificate_make(const char *cert, const char *key, char *problem, size_t problem_bytes);

/* The fingerprint of the first certificate in a PEM file. Returns 0 or -1. */
int certificate_file_fingerprint(const char *cert, char text[TLS_FINGERPRINT_BYTES]);

/* SHA-256 as openssl(1) writes it: "AB:CD:...". */
void certificate_fingerprint(const struct x509_st *certificate, char text[TLS_FINGERPRINT_BYTES]);

#endif
