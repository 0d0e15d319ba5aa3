#include "server/control.h"

#include "base/logging.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ASK_WAIT_MS 5000

static int address_of(const char *directory, struct sockaddr_un *address)
{
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	int length = snprintf(address->sun_path, sizeof address->sun_path, "%s/control", directory);
	return length < (int)sizeof address->sun_path ? 0 : -ENAMETOOLONG;
}

int control_open(const char *directory)
{
	struct sockaddr_un address;
	int error = address_of(directory, &address);
	int fd = error ? -1 : socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0) {
		/* We hold the lock of the data directory, so this socket belongs to a dead server. */
		unlink(address.sun_path);
		if (!bind(fd, (struct sockaddr *)&address, sizeof address) && !listen(fd, 16))
			return fd;
		error = -errno;
		close(fd);
	}
	LOG_WARN("control.open", "error=\"%s\" effect=\"brusiod status does not work\"",
		 strerror(error ? -error : errno));
	return -1;
}

void control_close(int fd, const char *directory)
{
	struct sockaddr_un address;
	if (fd < 0)
		return;
	close(fd);
	if (!address_of(directory, &address))
		unlink(address.sun_path);
}

void control_answer(int fd, void (*write)(void *context, struct buffer *to), void *context)
{
	int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (client < 0)
		return;
	struct buffer text = BUFFER_EMPTY;
	write(context, &text);
	/* A few KiB always fit into the socket's buffer. */
	if (send(client, buffer_bytes(&text), buffer_length(&text), MSG_NOSIGNAL) < 0)
		LOG_DEBUG("control.answer", "error=\"%m\"");
	buffer_release(&text);
	close(client);
}

int control_ask(const char *directory, char *problem, size_t problem_bytes)
{
	struct sockaddr_un address;
	char text[4096];
	int error = address_of(directory, &address);
	int fd = error ? -1 : socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address)) {
		snprintf(problem, problem_bytes,
			 "no server runs on %.300s (%s): say where its data is with --data", directory,
			 strerror(error ? -error : errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	ssize_t count = 0;
	while (poll(&wait, 1, ASK_WAIT_MS) > 0 && (count = read(fd, text, sizeof text)) > 0)
		fwrite(text, 1, (size_t)count, stdout);
	close(fd);
	if (count == 0)
		return 0;
	snprintf(problem, problem_bytes, "the server on %.300s does not answer", directory);
	return -1;
}
