/* A byte stream over a socket.
 *
 * Layer: net. Threads: a stream belongs to one worker. */
#ifndef BRUSIO_NET_STREAM_H
#define BRUSIO_NET_STREAM_H

#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

struct stream {
	int fd;
};

void stream_init(struct stream *stream, int fd);
void stream_close(struct stream *stream);

/* Bytes read; 0: the peer has ended its side; -EAGAIN: nothing there now; another -errno: broken. */
ssize_t stream_read(struct stream *stream, void *bytes, size_t length);

/* Bytes taken, maybe fewer than given; -EAGAIN: no room now; another -errno: broken. */
ssize_t stream_write(struct stream *stream, const struct iovec *iov, int count);

#endif
