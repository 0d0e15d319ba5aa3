/* Who may connect: how many in all, and how many from one place.
 *
 * Layer: server. Threads: any worker; a lock that is held for a table look-up. A place is an IPv4 address
 * or an IPv6 /64, since whoever has one address of a /64 has them all. */
#ifndef BRUSIO_SERVER_ADMISSION_H
#define BRUSIO_SERVER_ADMISSION_H

#include "base/limits.h"
#include "net/range.h"

#include <stdbool.h>
#include <stdint.h>

struct admission;

/* Those in `exempt` speak for many, and are counted in all only. Both are borrowed. */
struct admission *admission_new(const struct limits *limits, const struct ranges *exempt);
void admission_free(struct admission *admission);

/* Counts a connection from this numeric address. False: there are too many; nothing was counted. */
bool admission_enter(struct admission *admission, const char *host);
void admission_leave(struct admission *admission, const char *host);
/* A connection that was counted for one address is another's. False as above. */
bool admission_move(struct admission *admission, const char *from, const char *to);

/* For how many milliseconds a handshake from this address has to wait; -1: too many wait already. */
int64_t admission_handshake_wait_ms(struct admission *admission, const char *host);

#endif
