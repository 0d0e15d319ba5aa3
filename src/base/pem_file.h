/* Keys and certificates in PEM files that only their owner may read.
 *
 * Layer: base. Threads: any. */
#ifndef BRUSIO_BASE_PEM_FILE_H
#define BRUSIO_BASE_PEM_FILE_H

#include <openssl/types.h>

/* Whole or not at all: a power cut must not leave half a key that is then "there already". 0, or -1 with errno. */
int pem_file_write_key(const char *path, EVP_PKEY *key);
int pem_file_write_certificate(const char *path, X509 *certificate);

/* The caller frees it. NULL: there is no key without a password. */
EVP_PKEY *pem_file_read_key(const char *path);

#endif
