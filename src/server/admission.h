/* Admission: how many connections there may be in all, and how many from one place.
 *
 * Layer: server. Threads: any worker; a lock that is held for a table look-up. A place is an IPv4 address
 * or an IPv6 /64, since the owner of one address of a /64 has them all. */
#ifndef BRUSIO_SERVER_ADMISSION_H
#define BRUSIO_SERVER_ADMISSION_H

#include "base/limits.h"
#include "net/range.h"

#include <stdbool.h>
#include <stdint.h>

struct admission;

/* Addresses in `exempt` speak for many people: they only count towards the total. Both are borrowed. */
struct admission *admission_new(const struct limits *limits, const struct ranges *exempt);
void admission_free(struct admission *admission);

/* Counts a connection from this numeric address. While nine tenths of all are there, only a place that has fewer than a
 * hundredth of all, or than 8, gets another one. False: there are too many, and this one was not counted. */
bool admission_enter(struct admission *admission, const char *host);
void admission_leave(struct admission *admission, const char *host);
/* Moves a counted connection to another address. False as above. */
bool admission_move(struct admission *admission, const char *from, const char *to);

/* The milliseconds that a handshake from this address has to wait; -1: too many are waiting already. */
int64_t admission_handshake_wait_ms(struct admission *admission, const char *host);

#endif
