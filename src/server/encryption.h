/* The server's certificate: its own, made at the first start, or the one that the configuration names.
 *
 * Layer: server. Threads: main's alone. */
#ifndef BRUSIO_SERVER_ENCRYPTION_H
#define BRUSIO_SERVER_ENCRYPTION_H

#include "net/certificate.h"
#include "server/config.h"

struct encryption {
	struct tls_context *context; /* NULL where TLS is off */
	char fingerprint[TLS_FINGERPRINT_BYTES];
	bool is_own; /* made by this server, not configured */
};

/* Reads certificate and key, and makes our own where none is given; the data directory exists. Called again,
 * it reads them again, and keeps the old ones on failure. Returns 0, or -1 with `problem` filled in. */
int encryption_load(struct encryption *encryption, const struct config *config,
		    char problem[CONFIG_PROBLEM_BYTES]);
void encryption_release(struct encryption *encryption);

#endif
