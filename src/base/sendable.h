/* Sendable memory: memory whose bytes the kernel can send as they lie there, without a copy for each
 * receiver.
 *
 * Layer: base. Threads: any, but for sendable_open(), which comes before there are threads.
 *
 * It is the pages of a file without a name (memfd_create(2)), mapped, from which sendfile(2) hands on
 * references to pages. A socket's queue then holds the page itself: writing to a byte that was sent
 * changes what the receiver reads. So bytes are written once, and no offset of the file is ever used
 * again. A page that was given back lives until the last socket is done with it. */
#ifndef BRUSIO_BASE_SENDABLE_H
#define BRUSIO_BASE_SENDABLE_H

#include <stddef.h>
#include <stdint.h>

/* Makes the file, the first time. Returns 0 or -errno: then there is no sendable memory. */
int sendable_open(void);
/* The file, for sendfile(2). */
int sendable_file(void);

/* Returns zeroed memory and, in `offset`, its place in the file; NULL where there is none to be had, and
 * ordinary memory has to do. The caller owns it and gives it back with sendable_free(). */
char *sendable_new(size_t bytes, int64_t *offset);
void sendable_free(char *memory, size_t bytes, int64_t offset);

#endif
