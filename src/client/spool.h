/* Keeps the bytes of a pipe in a file without a name until its end: so that it can be sent at one go, with its length,
 * and anew where the line breaks.
 *
 * Layer: client. Threads: one. */
#ifndef BRUSIO_CLIENT_SPOOL_H
#define BRUSIO_CLIENT_SPOOL_H

#include <stdint.h>

/* The file, or -errno. */
int spool_open(void);
/* Takes a piece of `from`, which has something or has ended. How many bytes; 0: that was all; or -errno. */
int64_t spool_take(int spool, int from);

#endif
