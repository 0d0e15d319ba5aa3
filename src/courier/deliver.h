/* Takes orders to push services and tells what became of them.
 *
 *  1. It connects to a host of the list alone, in TLS, with a certificate that names the host, and follows nowhere else.
 *  2. The address that the name leads to is looked at when it is connected to, so a name cannot lead elsewhere later.
 *  3. Of an answer only the status and Retry-After are read.
 *
 * Layer: courier. Threads: one, beside those that look up names. */
#ifndef BRUSIO_COURIER_DELIVER_H
#define BRUSIO_COURIER_DELIVER_H

#include <stdbool.h>

struct deliver_config {
	const char *hosts; /* push/endpoint.h */
	const char *ca;    /* a PEM file besides the system's certificates; NULL: none */
	bool allows_private;
};

/* Before the sandbox: what the library reads at its start. False: it cannot start. */
bool deliver_prepare(void);

/* Until the daemon is gone; where the library gives up, the process dies. */
void deliver_run(const struct deliver_config *config);

#endif
