/* Reads and writes that go on where the kernel took or gave only a part.
 *
 * Layer: store. Threads: any; there is no state. */
#ifndef BRUSIO_STORE_WHOLE_IO_H
#define BRUSIO_STORE_WHOLE_IO_H

#include <stddef.h>
#include <stdint.h>

/* Writes all bytes at *offset, and moves it behind what was written. 0 or -errno. */
int whole_write(int fd, const void *bytes, size_t length, int64_t *offset);

/* Returns how many bytes were read: `length`, less at the end of the file, or -errno. */
int64_t whole_read(int fd, void *bytes, size_t length, int64_t offset);

#endif
