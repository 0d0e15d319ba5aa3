#include "client/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PIECE 65536

int spool_open(void)
{
	char path[4200];
	const char *folder = getenv("TMPDIR");
	if (!folder || !*folder)
		folder = "/tmp";
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT))
		return fd < 0 ? -errno : fd;
	snprintf(path, sizeof path, "%s/brusio-XXXXXX", folder);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	unlink(path);
	return fd;
}

int64_t spool_take(int spool, int from)
{
	char piece[PIECE];
	ssize_t got = read(from, piece, sizeof piece);
	if (got < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	for (ssize_t done = 0; done < got;) {
		ssize_t wrote = write(spool, piece + done, (size_t)(got - done));
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return wrote ? -errno : -ENOSPC;
		done += wrote;
	}
	return got;
}
