#include "store/whole_io.h"

#include <assert.h>
#include <errno.h>
#include <unistd.h>

int whole_write(int fd, const void *bytes, size_t length, int64_t *offset)
{
	assert(fd >= 0 && *offset >= 0);
	const char *at = bytes;
	while (length) {
		ssize_t written = pwrite(fd, at, length, *offset);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return written ? -errno : -ENOSPC;
		at += written;
		length -= (size_t)written;
		*offset += written;
	}
	return 0;
}

int64_t whole_read(int fd, void *bytes, size_t length, int64_t offset)
{
	assert(fd >= 0 && offset >= 0);
	size_t count = 0;
	while (count < length) {
		ssize_t got = pread(fd, (char *)bytes + count, length - count, offset + (int64_t)count);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			break;
		count += (size_t)got;
	}
	return (int64_t)count;
}
