#include "client/line.h"

#include "base/memory.h"
#include "client/clean.h"
#include "client/resolver.h"
#include "net/address.h"
#include "net/tls.h"

#include <errno.h>
#include <jansson.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define OPEN_LIMIT_MS 10000 /* from line_open() to OPEN */
#define NEXT_TRY_MS   250   /* how long an address may stay silent before the next is tried, too */
#define ADDRESSES_MAX 32
#define READ_BYTES    65536

struct line {
	enum line_state state;
	struct resolver *resolver; /* while RESOLVING */
	struct addrinfo *found;    /* while CONNECTING: what `order` points into */
	struct addrinfo *order[ADDRESSES_MAX];
	size_t order_count, order_next;
	int tries[LINE_TRIES_MAX]; /* sockets that are connecting */
	size_t try_count;
	int64_t next_try_ms, open_by_ms;
	int fd; /* while SECURING or OPEN */
	struct line_security security;
	/* Made for the first line that needs one, since it reads all authorities that we trust. */
	struct tls_context *tls_context;
	struct tls *tls; /* the same while OPEN */
	char *host;      /* that was asked for */
	enum line_failure failure;
	struct buffer input, output;
	char problem[128];
};

struct line *line_new(const struct line_security *security)
{
	struct line *line = mem_zero(sizeof *line);
	line->security = *security;
	return line;
}

void line_free(struct line *line)
{
	line_close(line);
	if (line->tls_context)
		tls_context_free(line->tls_context);
	free(line->host);
	free(line);
}

static void forget_tries(struct line *line)
{
	for (size_t i = 0; i < line->try_count; i++)
		close(line->tries[i]);
	line->try_count = 0;
	if (line->found)
		freeaddrinfo(line->found);
	line->found = NULL;
}

void line_close(struct line *line)
{
	if (line->state == LINE_RESOLVING)
		resolver_abandon(line->resolver);
	if (line->tls) {
		tls_end(line->tls);
		tls_free(line->tls);
		line->tls = NULL;
	}
	if (line->state == LINE_OPEN || line->state == LINE_SECURING)
		close(line->fd);
	forget_tries(line);
	buffer_release(&line->input);
	buffer_release(&line->output);
	line->state = LINE_CLOSED;
	line->problem[0] = '\0';
	line->failure = LINE_BROKEN;
}

static void line_fail(struct line *line, const char *problem)
{
	line_close(line);
	snprintf(line->problem, sizeof line->problem, "%s", problem);
}

void line_open(struct line *line, const char *host, const char *port, int64_t now_ms)
{
	if (!line->security.is_plain && !line->tls_context)
		line->tls_context = tls_context_new_client();
	line_close(line);
	line->open_by_ms = now_ms + OPEN_LIMIT_MS;
	free(line->host);
	line->host = mem_string(host);
	line->resolver = resolver_start(host, port);
	line->state = LINE_RESOLVING;
}

enum line_state line_state(const struct line *line)
{
	return line->state;
}

const char *line_problem(const struct line *line)
{
	return line->problem;
}

enum line_failure line_failure(const struct line *line)
{
	return line->failure;
}

bool line_is_private(const struct line *line)
{
	struct sockaddr_storage address = {0};
	socklen_t size = sizeof address;
	char host[ADDRESS_TEXT_BYTES];
	if (line->state != LINE_OPEN || line->tls)
		return line->state == LINE_OPEN;
	if (getpeername(line->fd, (struct sockaddr *)&address, &size))
		return false;
	address_host(&address, host);
	return address_is_loopback(host);
}

struct buffer *line_input(struct line *line)
{
	return &line->input;
}

struct buffer *line_output(struct line *line)
{
	return &line->output;
}

size_t line_poll(const struct line *line, struct pollfd *to, bool reads)
{
	size_t count = 0;
	switch (line->state) {
	case LINE_CLOSED:
		break;
	case LINE_RESOLVING:
		to[count++] = (struct pollfd){.fd = resolver_fd(line->resolver), .events = POLLIN};
		break;
	case LINE_CONNECTING:
		for (; count < line->try_count; count++)
			to[count] = (struct pollfd){.fd = line->tries[count], .events = POLLOUT};
		break;
	case LINE_SECURING:
	case LINE_OPEN: {
		short events = reads || line->state == LINE_SECURING ? POLLIN : 0;
		if (buffer_length(&line->output) || (line->tls && tls_has_unsent(line->tls)))
			events |= POLLOUT;
		/* Without an event asked for, poll(2) would return at once for a line that has ended. */
		to[count++] = (struct pollfd){.fd = events ? line->fd : -1, .events = events};
	}
	}
	return count;
}

int64_t line_deadline(const struct line *line)
{
	if (line->state == LINE_CLOSED || line->state == LINE_OPEN)
		return INT64_MAX;
	bool has_more = line->state == LINE_CONNECTING && line->order_next < line->order_count &&
			line->try_count < LINE_TRIES_MAX;
	return has_more && line->next_try_ms < line->open_by_ms ? line->next_try_ms : line->open_by_ms;
}

/* One object in plain sight instead of TLS: a server that is too busy even for a handshake says so. */
static bool take_refusal(struct line *line)
{
	char bytes[1024];
	ssize_t got = recv(line->fd, bytes, sizeof bytes, MSG_PEEK);
	json_t *object =
	    got > 0 && *bytes == '{' ? json_loadb(bytes, (size_t)got, JSON_DISABLE_EOF_CHECK, NULL) : NULL;
	const char *message = json_string_value(json_object_get(object, "message"));
	if (message) {
		struct buffer text = BUFFER_EMPTY;
		clean_word(&text, message);
		line_fail(line, buffer_string(&text));
		buffer_release(&text);
	}
	json_decref(object);
	return message != NULL;
}

/* Takes the handshake as far as it goes now, and then checks who is at the other end. */
static void secure(struct line *line)
{
	char fingerprint[TLS_FINGERPRINT_BYTES];
	int error = tls_handshake(line->tls);
	if (!error || error == -EAGAIN) {
		int unsent = tls_flush(line->tls);
		error = unsent && unsent != -EAGAIN ? unsent : error;
	}
	if (error == -EAGAIN)
		return;
	if (error == -EPROTO && take_refusal(line))
		return;
	if (error) {
		line_fail(line, tls_problem(line->tls));
		line->failure = LINE_NO_TLS;
		return;
	}
	tls_peer_fingerprint(line->tls, fingerprint);
	if (*fingerprint &&
	    line->security.trusts(line->security.owner, fingerprint, tls_peer_is_certified(line->tls))) {
		line->state = LINE_OPEN;
		return;
	}
	line_fail(line, "");
	line->failure = LINE_UNTRUSTED;
}

static void opened(struct line *line, int fd)
{
	forget_tries(line);
	int on = 1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	line->fd = fd;
	line->state = line->security.is_plain ? LINE_OPEN : LINE_SECURING;
	if (line->security.is_plain)
		return;
	line->tls = tls_new_client(line->tls_context, fd, line->host);
	secure(line);
}

/* Starts connecting to the next address that does not fail at once. */
static void try_next(struct line *line, int64_t now_ms)
{
	while (line->order_next < line->order_count && line->try_count < LINE_TRIES_MAX) {
		const struct addrinfo *address = line->order[line->order_next++];
		int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (fd < 0) {
			snprintf(line->problem, sizeof line->problem, "%s", strerror(errno));
			continue;
		}
		if (!connect(fd, address->ai_addr, address->ai_addrlen)) {
			opened(line, fd);
			return;
		}
		if (errno == EINPROGRESS) {
			line->tries[line->try_count++] = fd;
			line->next_try_ms = now_ms + NEXT_TRY_MS;
			return;
		}
		snprintf(line->problem, sizeof line->problem, "%s", strerror(errno));
		close(fd);
	}
}

/* The families in turn, beginning with the one that the resolver put first. */
static void put_in_order(struct line *line)
{
	struct addrinfo *first = line->found, *other = line->found;
	int family = first->ai_family;
	line->order_count = line->order_next = 0;
	while ((first || other) && line->order_count < ADDRESSES_MAX) {
		while (first && first->ai_family != family)
			first = first->ai_next;
		if (first) {
			line->order[line->order_count++] = first;
			first = first->ai_next;
		}
		while (other && other->ai_family == family)
			other = other->ai_next;
		if (other && line->order_count < ADDRESSES_MAX) {
			line->order[line->order_count++] = other;
			other = other->ai_next;
		}
	}
}

static void resolved(struct line *line, int64_t now_ms)
{
	int error = resolver_finish(line->resolver, &line->found);
	line->state = LINE_CLOSED;
	if (error) {
		line_fail(line, gai_strerror(error));
		return;
	}
	line->state = LINE_CONNECTING;
	line->problem[0] = '\0';
	put_in_order(line);
	try_next(line, now_ms);
}

/* A socket that was connecting is writable: it is connected, or it failed. */
static void settle_try(struct line *line, size_t index, int64_t now_ms)
{
	int fd = line->tries[index], error = 0;
	socklen_t size = sizeof error;
	line->tries[index] = line->tries[--line->try_count];
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
	if (!error) {
		opened(line, fd);
		return;
	}
	snprintf(line->problem, sizeof line->problem, "%s", strerror(error));
	close(fd);
	try_next(line, now_ms);
}

static void read_some(struct line *line)
{
	char *room = buffer_reserve(&line->input, READ_BYTES);
	ssize_t got = line->tls ? tls_read(line->tls, room, READ_BYTES) : recv(line->fd, room, READ_BYTES, 0);
	int error = got >= 0 ? 0 : line->tls ? (int)-got : errno;
	if (got > 0)
		buffer_added(&line->input, (size_t)got);
	else if (!got)
		line_fail(line, "");
	else if (error != EAGAIN && error != EINTR)
		line_fail(line, error == EPROTO ? tls_problem(line->tls) : strerror(error));
}

static void line_write(struct line *line)
{
	struct buffer *output = &line->output;
	struct iovec all = {.iov_base = buffer_bytes(output), .iov_len = buffer_length(output)};
	ssize_t sent = line->tls ? tls_write(line->tls, &all, 1)
				 : send(line->fd, all.iov_base, all.iov_len, MSG_NOSIGNAL);
	int error = sent >= 0 ? 0 : line->tls ? (int)-sent : errno;
	if (sent > 0)
		buffer_take(output, (size_t)sent);
	/* Bytes that came before the line broke are still to be read; reading then finds its end. */
	else if (sent < 0 && error != EAGAIN && error != EINTR)
		buffer_clear(output);
}

static short events_of(int fd, const struct pollfd *polled, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (polled[i].fd == fd)
			return polled[i].revents;
	return 0;
}

void line_ready(struct line *line, const struct pollfd *polled, size_t count, int64_t now_ms)
{
	if (line->state == LINE_RESOLVING && events_of(resolver_fd(line->resolver), polled, count))
		resolved(line, now_ms);
	for (size_t i = line->try_count; line->state == LINE_CONNECTING && i-- > 0;)
		if (events_of(line->tries[i], polled, count))
			settle_try(line, i, now_ms);
	if (line->state == LINE_SECURING && events_of(line->fd, polled, count))
		secure(line);
	else if (line->state == LINE_OPEN) {
		short events = events_of(line->fd, polled, count);
		if ((events & POLLOUT) && buffer_length(&line->output))
			line_write(line);
		else if ((events & POLLOUT) && line->tls)
			tls_flush(line->tls);
		if (events & (POLLIN | POLLHUP | POLLERR))
			read_some(line);
		return;
	}
	if (line->state == LINE_CONNECTING) {
		if (now_ms >= line->next_try_ms)
			try_next(line, now_ms);
		if (line->state == LINE_CONNECTING && !line->try_count) {
			char problem[sizeof line->problem];
			memcpy(problem, line->problem, sizeof problem);
			line_fail(line, problem);
		}
	}
	if (line->state == LINE_CLOSED || line->state == LINE_OPEN || now_ms < line->open_by_ms)
		return;
	bool is_silent = line->state == LINE_SECURING;
	line_fail(line, strerror(ETIMEDOUT));
	line->failure = is_silent ? LINE_NO_TLS : LINE_BROKEN;
}
