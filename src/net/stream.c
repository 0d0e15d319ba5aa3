#include "net/stream.h"

#include <assert.h>
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdint.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

void stream_init(struct stream *stream, int fd)
{
	assert(fd >= 0);
	*stream = (struct stream){.fd = fd};
}

void stream_close(struct stream *stream)
{
	if (stream->tls)
		tls_free(stream->tls);
	close(stream->fd);
	*stream = (struct stream){.fd = -1};
}

void stream_encrypt(struct stream *stream, struct tls_context *context)
{
	assert(context && !stream->tls);
	stream->tls = tls_new_server(context, stream->fd);
}

static ssize_t receive(struct stream *stream, void *bytes, size_t length, int flags)
{
	ssize_t result;
	do
		result = recv(stream->fd, bytes, length, flags);
	while (result < 0 && errno == EINTR);
	return result < 0 ? -errno : result;
}

ssize_t stream_read(struct stream *stream, void *bytes, size_t length)
{
	return stream->tls ? tls_read(stream->tls, bytes, length) : receive(stream, bytes, length, 0);
}

ssize_t stream_peek(struct stream *stream, void *bytes, size_t length)
{
	assert(!stream->tls);
	return receive(stream, bytes, length, MSG_PEEK);
}

ssize_t stream_write(struct stream *stream, const struct iovec *iov, int count)
{
	assert(count > 0);
	if (stream->tls)
		return tls_write(stream->tls, iov, count);
	struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)iov, .msg_iovlen = (size_t)count};
	ssize_t result;
	/* One piece, which is the usual case of a live entry, saves the kernel a look at the list of pieces. */
	do
		result = count == 1 ? send(stream->fd, iov->iov_base, iov->iov_len, MSG_NOSIGNAL)
				    : sendmsg(stream->fd, &message, MSG_NOSIGNAL);
	while (result < 0 && errno == EINTR);
	return result < 0 ? -errno : result;
}

ssize_t stream_send_file(struct stream *stream, int file, int64_t offset, size_t length)
{
	assert(!stream->tls && offset >= 0 && length);
	off_t at = offset;
	ssize_t result;
	do
		result = sendfile(stream->fd, file, &at, length);
	while (result < 0 && errno == EINTR);
	return result < 0 ? -errno : result;
}

int stream_flush(struct stream *stream)
{
	return stream->tls ? tls_flush(stream->tls) : 0;
}

uint64_t stream_confirmed(const struct stream *stream)
{
	struct tcp_info info = {0};
	socklen_t length = sizeof info;
	if (getsockopt(stream->fd, IPPROTO_TCP, TCP_INFO, &info, &length))
		return 0;
	return info.tcpi_bytes_acked;
}

int stream_end(struct stream *stream)
{
	int error = stream->tls ? tls_end(stream->tls) : 0;
	if (error)
		return error;
	return shutdown(stream->fd, SHUT_WR) ? -errno : 0;
}
