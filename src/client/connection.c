#include "client/connection.h"

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

#define OPEN_LIMIT_MS 10000 /* from connection_open() to OPEN */
#define NEXT_TRY_MS   250   /* how long an address may stay silent before the next is tried, too */
#define ADDRESSES_MAX 32
#define READ_BYTES    65536

struct connection {
	enum connection_state state;
	struct resolver *resolver; /* while RESOLVING */
	struct addrinfo *found;    /* while CONNECTING: what `order` points into */
	struct addrinfo *order[ADDRESSES_MAX];
	size_t order_count, order_next;
	int tries[CONNECTION_TRIES_MAX]; /* sockets that are connecting */
	size_t try_count;
	int64_t next_try_ms, open_by_ms;
	int fd; /* while SECURING or OPEN */
	struct connection_security security;
	struct tls_context *tls_context; /* NULL: plain */
	struct tls *tls;                 /* the same while OPEN */
	char *host;                      /* that was asked for */
	enum connection_failure failure;
	struct buffer input, output;
	char problem[128];
};

struct connection *connection_new(const struct connection_security *security)
{
	struct connection *connection = mem_zero(sizeof *connection);
	connection->security = *security;
	if (!security->is_plain)
		connection->tls_context = tls_context_new_client();
	return connection;
}

void connection_free(struct connection *connection)
{
	connection_close(connection);
	tls_context_free(connection->tls_context);
	free(connection->host);
	free(connection);
}

static void forget_tries(struct connection *connection)
{
	for (size_t i = 0; i < connection->try_count; i++)
		close(connection->tries[i]);
	connection->try_count = 0;
	if (connection->found)
		freeaddrinfo(connection->found);
	connection->found = NULL;
}

void connection_close(struct connection *connection)
{
	if (connection->state == CONNECTION_RESOLVING)
		resolver_abandon(connection->resolver);
	if (connection->tls) {
		tls_end(connection->tls);
		tls_free(connection->tls);
		connection->tls = NULL;
	}
	if (connection->state == CONNECTION_OPEN || connection->state == CONNECTION_SECURING)
		close(connection->fd);
	forget_tries(connection);
	buffer_release(&connection->input);
	buffer_release(&connection->output);
	connection->state = CONNECTION_CLOSED;
	connection->problem[0] = '\0';
	connection->failure = CONNECTION_BROKEN;
}

static void fail(struct connection *connection, const char *problem)
{
	connection_close(connection);
	snprintf(connection->problem, sizeof connection->problem, "%s", problem);
}

void connection_open(struct connection *connection, const char *host, const char *port, int64_t now_ms)
{
	connection_close(connection);
	connection->open_by_ms = now_ms + OPEN_LIMIT_MS;
	free(connection->host);
	connection->host = mem_string(host);
	connection->resolver = resolver_start(host, port);
	connection->state = CONNECTION_RESOLVING;
}

enum connection_state connection_state(const struct connection *connection)
{
	return connection->state;
}

const char *connection_problem(const struct connection *connection)
{
	return connection->problem;
}

enum connection_failure connection_failure(const struct connection *connection)
{
	return connection->failure;
}

bool connection_is_private(const struct connection *connection)
{
	struct sockaddr_storage address = {0};
	socklen_t size = sizeof address;
	char host[ADDRESS_TEXT_BYTES];
	if (connection->state != CONNECTION_OPEN || connection->tls)
		return connection->state == CONNECTION_OPEN;
	if (getpeername(connection->fd, (struct sockaddr *)&address, &size))
		return false;
	address_host(&address, host);
	return address_is_loopback(host);
}

struct buffer *connection_input(struct connection *connection)
{
	return &connection->input;
}

struct buffer *connection_output(struct connection *connection)
{
	return &connection->output;
}

size_t connection_poll(const struct connection *connection, struct pollfd *to, bool reads)
{
	size_t count = 0;
	switch (connection->state) {
	case CONNECTION_CLOSED:
		break;
	case CONNECTION_RESOLVING:
		to[count++] = (struct pollfd){.fd = resolver_fd(connection->resolver), .events = POLLIN};
		break;
	case CONNECTION_CONNECTING:
		for (; count < connection->try_count; count++)
			to[count] = (struct pollfd){.fd = connection->tries[count], .events = POLLOUT};
		break;
	case CONNECTION_SECURING:
	case CONNECTION_OPEN: {
		short events = reads || connection->state == CONNECTION_SECURING ? POLLIN : 0;
		if (buffer_length(&connection->output) ||
		    (connection->tls && tls_has_unsent(connection->tls)))
			events |= POLLOUT;
		/* Without an event asked for, poll(2) would return at once for a line that has ended. */
		to[count++] = (struct pollfd){.fd = events ? connection->fd : -1, .events = events};
	}
	}
	return count;
}

int64_t connection_deadline(const struct connection *connection)
{
	if (connection->state == CONNECTION_CLOSED || connection->state == CONNECTION_OPEN)
		return INT64_MAX;
	bool has_more = connection->state == CONNECTION_CONNECTING &&
			connection->order_next < connection->order_count &&
			connection->try_count < CONNECTION_TRIES_MAX;
	return has_more && connection->next_try_ms < connection->open_by_ms ? connection->next_try_ms
									    : connection->open_by_ms;
}

/* One object in plain sight instead of TLS: a server that is too busy even for a handshake says so. */
static bool take_refusal(struct connection *connection)
{
	char bytes[1024];
	ssize_t got = recv(connection->fd, bytes, sizeof bytes, MSG_PEEK);
	json_t *object =
	    got > 0 && *bytes == '{' ? json_loadb(bytes, (size_t)got, JSON_DISABLE_EOF_CHECK, NULL) : NULL;
	const char *message = json_string_value(json_object_get(object, "message"));
	if (message) {
		struct buffer text = BUFFER_EMPTY;
		clean_word(&text, message);
		fail(connection, buffer_string(&text));
		buffer_release(&text);
	}
	json_decref(object);
	return message != NULL;
}

/* As far as the handshake goes now, and then: is it the right one at the other end? */
static void secure(struct connection *connection)
{
	char fingerprint[TLS_FINGERPRINT_BYTES];
	int error = tls_handshake(connection->tls);
	if (!error || error == -EAGAIN) {
		int unsent = tls_flush(connection->tls);
		error = unsent && unsent != -EAGAIN ? unsent : error;
	}
	if (error == -EAGAIN)
		return;
	if (error == -EPROTO && take_refusal(connection))
		return;
	if (error) {
		fail(connection, tls_problem(connection->tls));
		connection->failure = CONNECTION_NO_TLS;
		return;
	}
	tls_peer_fingerprint(connection->tls, fingerprint);
	if (*fingerprint && connection->security.trusts(connection->security.owner, fingerprint,
							tls_peer_is_certified(connection->tls))) {
		connection->state = CONNECTION_OPEN;
		return;
	}
	fail(connection, "");
	connection->failure = CONNECTION_UNTRUSTED;
}

static void opened(struct connection *connection, int fd)
{
	forget_tries(connection);
	int on = 1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	connection->fd = fd;
	connection->state = connection->tls_context ? CONNECTION_SECURING : CONNECTION_OPEN;
	if (!connection->tls_context)
		return;
	connection->tls = tls_new_client(connection->tls_context, fd, connection->host);
	secure(connection);
}

/* Starts connecting to the next address that does not fail at once. */
static void try_next(struct connection *connection, int64_t now_ms)
{
	while (connection->order_next < connection->order_count &&
	       connection->try_count < CONNECTION_TRIES_MAX) {
		const struct addrinfo *address = connection->order[connection->order_next++];
		int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (fd < 0) {
			snprintf(connection->problem, sizeof connection->problem, "%s", strerror(errno));
			continue;
		}
		if (!connect(fd, address->ai_addr, address->ai_addrlen)) {
			opened(connection, fd);
			return;
		}
		if (errno == EINPROGRESS) {
			connection->tries[connection->try_count++] = fd;
			connection->next_try_ms = now_ms + NEXT_TRY_MS;
			return;
		}
		snprintf(connection->problem, sizeof connection->problem, "%s", strerror(errno));
		close(fd);
	}
}

/* The families in turn, beginning with the one that the resolver put first. */
static void put_in_order(struct connection *connection)
{
	struct addrinfo *first = connection->found, *other = connection->found;
	int family = first->ai_family;
	connection->order_count = connection->order_next = 0;
	while ((first || other) && connection->order_count < ADDRESSES_MAX) {
		while (first && first->ai_family != family)
			first = first->ai_next;
		if (first) {
			connection->order[connection->order_count++] = first;
			first = first->ai_next;
		}
		while (other && other->ai_family == family)
			other = other->ai_next;
		if (other && connection->order_count < ADDRESSES_MAX) {
			connection->order[connection->order_count++] = other;
			other = other->ai_next;
		}
	}
}

static void resolved(struct connection *connection, int64_t now_ms)
{
	int error = resolver_finish(connection->resolver, &connection->found);
	connection->state = CONNECTION_CLOSED;
	if (error) {
		fail(connection, gai_strerror(error));
		return;
	}
	connection->state = CONNECTION_CONNECTING;
	connection->problem[0] = '\0';
	put_in_order(connection);
	try_next(connection, now_ms);
}

/* A socket that was connecting is writable: it is connected, or it failed. */
static void settle_try(struct connection *connection, size_t index, int64_t now_ms)
{
	int fd = connection->tries[index], error = 0;
	socklen_t size = sizeof error;
	connection->tries[index] = connection->tries[--connection->try_count];
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
	if (!error) {
		opened(connection, fd);
		return;
	}
	snprintf(connection->problem, sizeof connection->problem, "%s", strerror(error));
	close(fd);
	try_next(connection, now_ms);
}

static void read_some(struct connection *connection)
{
	char *room = buffer_reserve(&connection->input, READ_BYTES);
	ssize_t got = connection->tls ? tls_read(connection->tls, room, READ_BYTES)
				      : recv(connection->fd, room, READ_BYTES, 0);
	int error = got >= 0 ? 0 : connection->tls ? (int)-got : errno;
	if (got > 0)
		buffer_added(&connection->input, (size_t)got);
	else if (!got)
		fail(connection, "");
	else if (error != EAGAIN && error != EINTR)
		fail(connection, error == EPROTO ? tls_problem(connection->tls) : strerror(error));
}

static void write_some(struct connection *connection)
{
	struct buffer *output = &connection->output;
	struct iovec all = {.iov_base = buffer_bytes(output), .iov_len = buffer_length(output)};
	ssize_t sent = connection->tls ? tls_write(connection->tls, &all, 1)
				       : send(connection->fd, all.iov_base, all.iov_len, MSG_NOSIGNAL);
	int error = sent >= 0 ? 0 : connection->tls ? (int)-sent : errno;
	if (sent > 0)
		buffer_take(output, (size_t)sent);
	/* What came before the line broke is still to be read; reading then finds its end. */
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

void connection_ready(struct connection *connection, const struct pollfd *polled, size_t count,
		      int64_t now_ms)
{
	if (connection->state == CONNECTION_RESOLVING &&
	    events_of(resolver_fd(connection->resolver), polled, count))
		resolved(connection, now_ms);
	for (size_t i = connection->try_count; connection->state == CONNECTION_CONNECTING && i-- > 0;)
		if (events_of(connection->tries[i], polled, count))
			settle_try(connection, i, now_ms);
	if (connection->state == CONNECTION_SECURING && events_of(connection->fd, polled, count))
		secure(connection);
	else if (connection->state == CONNECTION_OPEN) {
		short events = events_of(connection->fd, polled, count);
		if ((events & POLLOUT) && buffer_length(&connection->output))
			write_some(connection);
		else if ((events & POLLOUT) && connection->tls)
			tls_flush(connection->tls);
		if (events & (POLLIN | POLLHUP | POLLERR))
			read_some(connection);
		return;
	}
	if (connection->state == CONNECTION_CONNECTING) {
		if (now_ms >= connection->next_try_ms)
			try_next(connection, now_ms);
		if (connection->state == CONNECTION_CONNECTING && !connection->try_count) {
			char problem[sizeof connection->problem];
			memcpy(problem, connection->problem, sizeof problem);
			fail(connection, problem);
		}
	}
	if (connection->state == CONNECTION_CLOSED || connection->state == CONNECTION_OPEN ||
	    now_ms < connection->open_by_ms)
		return;
	bool is_silent = connection->state == CONNECTION_SECURING;
	fail(connection, strerror(ETIMEDOUT));
	connection->failure = is_silent ? CONNECTION_NO_TLS : CONNECTION_BROKEN;
}
