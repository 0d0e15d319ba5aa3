#include "net/stream.h"

#include <errno.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

void stream_init(struct stream *stream, int fd)
{
	stream->fd = fd;
}

void stream_close(struct stream *stream)
{
	close(stream->fd);
	stream->fd = -1;
}

ssize_t stream_read(struct stream *stream, void *bytes, size_t length)
{
	ssize_t result;
	do
		result = recv(stream->fd, bytes, length, 0);
	while (result < 0 && errno == EINTR);
	return result < 0 ? -errno : result;
}

ssize_t stream_write(struct stream *stream, const struct iovec *iov, int count)
{
	struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)iov, .msg_iovlen = (size_t)count};
	ssize_t result;
	do
		result = sendmsg(stream->fd, &message, MSG_NOSIGNAL);
	while (result < 0 && errno == EINTR);
	return result < 0 ? -errno : result;
}
