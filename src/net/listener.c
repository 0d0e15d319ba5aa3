#include "net/listener.h"

#include "base/limits.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A static program cannot load the system's name services, so it takes addresses only. */
#ifdef BRUSIO_STATIC
#define HOST_FLAGS AI_NUMERICHOST
#else
#define HOST_FLAGS 0
#endif

/* The kernel cuts this to net.core.somaxconn. */
#define BACKLOG 4096

static int open_one(const struct addrinfo *info)
{
	int fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	int on = 1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	/* "::" and "0.0.0.0" are listened on by a socket each. */
	if (info->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
	if (bind(fd, info->ai_addr, info->ai_addrlen)) {
		int error = -errno;
		close(fd);
		return error;
	}
	return fd;
}

static int cannot_listen(const char *where, int error, char *problem, size_t problem_bytes)
{
	snprintf(problem, problem_bytes, "cannot listen on %s: %s%s", where, strerror(-error),
		 error == -EADDRINUSE ? "; stop the other server or choose another with --port"
		 : error == -EACCES   ? "; choose a port above 1023 with --port"
				      : "");
	return -1;
}

int listener_open(struct listener *listener, const char *host, unsigned port, char *problem,
		  size_t problem_bytes)
{
	char service[8];
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
				 .ai_flags = AI_PASSIVE | AI_NUMERICSERV | HOST_FLAGS};
	struct addrinfo *info = NULL;
	snprintf(service, sizeof service, "%u", port);
	int result = getaddrinfo(host, service, &hints, &info);
	if (result) {
		snprintf(problem, problem_bytes,
			 "cannot listen on %s: %s; give an address of this machine with "
			 "--listen",
			 host, gai_strerror(result));
		return -1;
	}
	listener->is_shared = false;
	listener->fd = open_one(info);
	freeaddrinfo(info);
	if (listener->fd < 0) {
		char where[LISTENER_HOST_BYTES + 16];
		snprintf(where, sizeof where, "%s port %u", host, port);
		return cannot_listen(where, listener->fd, problem, problem_bytes);
	}
	struct sockaddr_storage bound;
	socklen_t length = sizeof bound;
	getsockname(listener->fd, (struct sockaddr *)&bound, &length);
	address_host_port(&bound, listener->address);
	return 0;
}

/* A number from 0 to 65535 and nothing else. */
static bool listener_read_port(const char *text, unsigned *port)
{
	size_t digits = strspn(text, "0123456789");
	if (!digits || digits > 5 || text[digits] || atoi(text) > 65535)
		return false;
	*port = (unsigned)atoi(text);
	return true;
}

bool listener_split(const char *text, char host[LISTENER_HOST_BYTES], unsigned *port)
{
	const char *end = *text == '[' ? strchr(text, ']') : NULL, *colon = strchr(text, ':');
	bool is_bare = !end && (!colon || strchr(colon + 1, ':'));
	const char *start = text + (end != NULL);
	if (!end)
		end = is_bare ? text + strlen(text) : colon;
	size_t bytes = (size_t)(end - start);
	if (!bytes || bytes >= LISTENER_HOST_BYTES)
		return false;
	memcpy(host, start, bytes);
	host[bytes] = '\0';
	end += *end == ']';
	return !*end || (*end == ':' && listener_read_port(end + 1, port));
}

unsigned listener_port(const struct listener *listener)
{
	struct sockaddr_in6 bound = {0};
	socklen_t length = sizeof bound;
	getsockname(listener->fd, (struct sockaddr *)&bound, &length);
	return ntohs(bound.sin6_port);
}

int listener_begin(const struct listener *listener, char *problem, size_t problem_bytes)
{
	if (listener->is_shared || !listen(listener->fd, BACKLOG))
		return 0;
	return cannot_listen(listener->address, -errno, problem, problem_bytes);
}

int listener_refuse(const struct listener *listener)
{
	return !listener->is_shared && shutdown(listener->fd, SHUT_RDWR) ? -errno : 0;
}

void listener_close(struct listener *listener)
{
	close(listener->fd);
	listener->fd = -1;
}

int listener_accept(const struct listener *listener, char host[ADDRESS_TEXT_BYTES])
{
	struct sockaddr_storage address = {0};
	socklen_t length = sizeof address;
	int fd = accept4(listener->fd, (struct sockaddr *)&address, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return -errno;
	address_host(&address, host);
	int on = 1;
	/* Writes are whole already: waiting for more would only delay them. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	/* Else the kernel would keep megabytes for each peer that reads nothing, and run out of them for all.
	 */
	int unsent = LIMIT_UNSENT_BYTES;
	setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
	int idle = 120, interval = 20, probes = 4;
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
	return fd;
}
