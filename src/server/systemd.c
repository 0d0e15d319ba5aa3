#include "server/systemd.h"

#include "base/logging.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define FIRST_FD  3 /* the first socket that is passed */
#define STATUS_MS 30000

static int64_t read_variable(const char *name)
{
	const char *text = getenv(name);
	return text ? strtoll(text, NULL, 10) : 0;
}

bool systemd_has_started_us(void)
{
	/* Before version 248 it says no more than that somebody above is of a unit. */
	return read_variable("SYSTEMD_EXEC_PID") == getpid() ||
	       (!getenv("SYSTEMD_EXEC_PID") && getenv("INVOCATION_ID") && getppid() == 1);
}

/* A path, or a name in the abstract namespace, which '@' stands for. */
static int connect_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t length = strlen(path);
	if ((*path != '/' && *path != '@') || length >= sizeof address.sun_path)
		return -1;
	memcpy(address.sun_path, path, length);
	if (*path == '@')
		address.sun_path[0] = '\0';
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&address,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length))) {
		LOG_WARN("server.systemd", "error=\"%m\" path=\"%s\"", path);
		close(fd);
		return -1;
	}
	return fd;
}

void systemd_open(struct systemd *systemd)
{
	const char *path = getenv("NOTIFY_SOCKET");
	int64_t pid = read_variable("WATCHDOG_PID");
	systemd->notify_fd = path ? connect_to(path) : -1;
	systemd->watchdog_ms = !pid || pid == getpid() ? read_variable("WATCHDOG_USEC") / 1000 : 0;
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_PID");
	unsetenv("WATCHDOG_USEC");
}

void systemd_close(struct systemd *systemd)
{
	if (systemd->notify_fd >= 0)
		close(systemd->notify_fd);
	systemd->notify_fd = -1;
}

static bool is_listening(int fd)
{
	struct sockaddr_storage bound = {0};
	socklen_t length = sizeof bound, size = sizeof(int);
	int listens = 0;
	return !getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) && listens &&
	       !getsockname(fd, (struct sockaddr *)&bound, &length) &&
	       (bound.ss_family == AF_INET || bound.ss_family == AF_INET6);
}

static void adopt_socket(struct listener *listener, int fd)
{
	struct sockaddr_storage bound = {0};
	socklen_t length = sizeof bound;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	getsockname(fd, (struct sockaddr *)&bound, &length);
	assert(fd >= FIRST_FD);
	listener->fd = fd;
	listener->is_shared = true;
	address_host_port(&bound, listener->address);
}

int systemd_take_listeners(struct listener *listeners, size_t max, char *problem, size_t problem_bytes)
{
	int64_t count = read_variable("LISTEN_PID") == getpid() ? read_variable("LISTEN_FDS") : 0;
	const char *names = getenv("LISTEN_FDNAMES");
	if (count < 0 || count > (int64_t)max) {
		snprintf(problem, problem_bytes, "systemd passed %lld sockets; at most %zu are possible",
			 (long long)count, max);
		return -1;
	}
	for (int i = 0; i < count; i++) {
		int length = names ? (int)strcspn(names, ":") : 0;
		if (!is_listening(FIRST_FD + i)) {
			snprintf(problem, problem_bytes,
				 "the socket \"%.*s\" that systemd passed does not listen for TCP; "
				 "use ListenStream= with a port",
				 length, names ? names : "");
			return -1;
		}
		adopt_socket(&listeners[i], FIRST_FD + i);
		LOG_INFO("server.socket", "name=%.*s address=%s", length, names ? names : "",
			 listeners[i].address);
		names = names && names[length] ? names + length + 1 : NULL;
	}
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	return (int)count;
}

void systemd_tell(const struct systemd *systemd, const char *format, ...)
{
	char text[512];
	va_list args;
	if (systemd->notify_fd < 0)
		return;
	va_start(args, format);
	int length = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (length > 0 && (size_t)length < sizeof text)
		send(systemd->notify_fd, text, (size_t)length, MSG_NOSIGNAL);
}

int systemd_rest_ms(const struct systemd *systemd)
{
	int64_t third = systemd->watchdog_ms / 3;
	if (systemd->notify_fd < 0)
		return -1;
	return systemd->watchdog_ms && third < STATUS_MS ? (int)(third ? third : 1) : STATUS_MS;
}
