/* Who may connect: how many in all, and how many from one place.
 *
 * Layer: server. Threads: any worker; a lock that is held for a table look-up. A place is an IPv4 address
 * or an IPv6 /64, since whoever has one address of a /64 has them all. */
#ifndef BRUSIO_SERVER_ADMISSION_H
#define BRUSIO_SERVER_ADMISSION_H

#include "base/limits.h"

#include <stdbool.h>

struct admission;

struct admission *admission_new(const struct limits *limits);
void admission_free(struct admission *admission);

/* Counts a connection from this numeric address. False: there are too many; nothing was counted. */
bool admission_enter(struct admission *admission, const char *host);
void admission_leave(struct admission *admission, const char *host);

#endif
