#include "server/pam_ask.h"

#include "base/logging.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define PATIENCE_SECONDS \
	10 /* an organisation's directory may be slow; others wait for their turn meanwhile */

static bool pam_send(int fd, const char *text)
{
	size_t bytes = strlen(text) + 1;
	while (bytes) {
		ssize_t sent = send(fd, text, bytes, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			return false;
		text += sent;
		bytes -= (size_t)sent;
	}
	return true;
}

static int pam_connect(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	if (!connect(fd, (const struct sockaddr *)&address, sizeof address))
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* The helper's one letter; 0 where none comes: errno says why. */
static char pam_receive(int fd)
{
	char answer = 0;
	ssize_t got;
	do
		got = recv(fd, &answer, 1, MSG_WAITALL);
	while (got < 0 && errno == EINTR);
	if (!got)
		errno = ECONNRESET;
	return got == 1 ? answer : 0;
}

int pam_ask(const void *path, const char *name, const char *password)
{
	int fd = pam_connect(path);
	bool is_asked = fd >= 0 && pam_send(fd, name) && pam_send(fd, password);
	char answer = is_asked ? pam_receive(fd) : 0;
	if (!answer)
		LOG_ERROR("user.auth_helper",
			  "path=%s error=\"%s\" do=\"systemctl status brusiod-pam.socket\"",
			  (const char *)path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return answer ? answer == 'y' : -1;
}
