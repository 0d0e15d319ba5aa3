/*
 * bareloop: how fast can this machine hand the same bytes to so many
 * receivers at all? No protocol, no storage, no events: a loop over blocking
 * sockets that sends `per_send` messages with each call. Every server's
 * deliveries are measured against this.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stamp.h"

static int listen_on_loopback(uint16_t *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof address;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) < 0 ||
	    listen(listener, 4096) < 0 || getsockname(listener, (struct sockaddr *)&address, &len) < 0) {
		perror("bareloop");
		exit(1);
	}
	*port = ntohs(address.sin_port);
	return listener;
}

/* One call's bytes: as many lines as go into it, each `line_bytes` long and ending in a stamped text. */
static char *build_call(unsigned per_send, unsigned line_bytes, unsigned text_bytes)
{
	char *bytes = malloc((size_t)per_send * line_bytes);
	if (!bytes)
		abort();
	memset(bytes, '-', (size_t)per_send * line_bytes);
	for (unsigned i = 0; i < per_send; i++) {
		char *line = bytes + (size_t)i * line_bytes;
		stamp_init(line + line_bytes - 1 - text_bytes, text_bytes, 0);
		line[line_bytes - 1] = '\n';
	}
	return bytes;
}

static int send_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Says where it listens, and returns the sockets of all receivers once they are there. */
static int *accept_all(unsigned receivers)
{
	uint16_t port;
	int listener = listen_on_loopback(&port), *fd = calloc(receivers, sizeof *fd), one = 1;
	printf("%u\n", port);
	fflush(stdout);
	for (unsigned i = 0; i < receivers; i++) {
		fd[i] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd[i] < 0) {
			perror("bareloop: accept");
			exit(1);
		}
		setsockopt(fd[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	}
	return fd;
}

int main(int argc, char **argv)
{
	if (argc != 5) {
		fputs("usage: bareloop RECEIVERS MESSAGES_PER_SEND LINE_BYTES TEXT_BYTES\n"
		      "Prints its port on 127.0.0.1, waits for the receivers, and sends until one of them "
		      "leaves.\n",
		      stderr);
		return 2;
	}
	unsigned receivers = (unsigned)atoi(argv[1]), per_send = (unsigned)atoi(argv[2]);
	unsigned line_bytes = (unsigned)atoi(argv[3]), text_bytes = (unsigned)atoi(argv[4]);
	if (receivers == 0 || per_send == 0 || text_bytes < STAMP_TEXT_BYTES_MIN ||
	    line_bytes <= text_bytes) {
		fputs("bareloop: these numbers cannot be\n", stderr);
		return 2;
	}
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	int *fd = accept_all(receivers);
	char *bytes = build_call(per_send, line_bytes, text_bytes);
	bool receiving = true;
	for (uint32_t seq = 0; receiving;) {
		uint64_t now_ns = stamp_now_ns();
		for (unsigned i = 0; i < per_send; i++)
			stamp_set(bytes + (size_t)(i + 1) * line_bytes - 1 - text_bytes, seq++, now_ns);
		for (unsigned i = 0; i < receivers && receiving; i++)
			receiving = send_all(fd[i], bytes, (size_t)per_send * line_bytes) == 0;
	}
	free(bytes);
	free(fd);
	return 0;
}
