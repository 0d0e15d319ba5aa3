/* A byte stream over a socket, plain or encrypted.
 *
 * Layer: net. Threads: a stream belongs to one worker. */
#ifndef BRUSIO_NET_STREAM_H
#define BRUSIO_NET_STREAM_H

#include "net/tls.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

struct stream {
	int fd;
	struct tls *tls; /* NULL while plain */
};

void stream_init(struct stream *stream, int fd);
void stream_close(struct stream *stream);

/* From now on everything is encrypted; the handshake is part of reading. */
void stream_encrypt(struct stream *stream, struct tls_context *context);

static inline bool stream_is_encrypted(const struct stream *stream)
{
	return stream->tls != NULL;
}

/* True where reading is still the costly part of beginning. */
static inline bool stream_is_handshaking(const struct stream *stream)
{
	return stream->tls && tls_is_handshaking(stream->tls);
}

/* Bytes read; 0: the peer has ended its side; -EAGAIN: nothing there now; another -errno: broken. */
ssize_t stream_read(struct stream *stream, void *bytes, size_t length);
/* The same for a plain stream, and the bytes stay there. */
ssize_t stream_peek(struct stream *stream, void *bytes, size_t length);

/* Bytes taken, maybe fewer than given; -EAGAIN: no room now; another -errno: broken. What was taken may still
 * wait in stream_flush(). */
ssize_t stream_write(struct stream *stream, const struct iovec *iov, int count);
/* The same for bytes of a file, which the kernel reads where they lie; a plain stream's alone. -EINVAL or
 * -ENOSYS: not on this kernel. */
ssize_t stream_send_file(struct stream *stream, int file, int64_t offset, size_t length);
/* 0: everything taken is with the kernel; -EAGAIN: no room now; another -errno: broken. */
int stream_flush(struct stream *stream);
/* How many bytes the peer's side has confirmed so far; 0 where the socket does not tell. */
uint64_t stream_confirmed(const struct stream *stream);
/* Tells the peer that nothing more comes; as stream_flush(), and to be called until it does not say -EAGAIN.
 */
int stream_end(struct stream *stream);

#endif
