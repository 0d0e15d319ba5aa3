#include "gen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "stamp.h"

void gen_error(struct gen *gen, const char *line, size_t len)
{
	if (gen->errors++ > 0)
		return;
	snprintf(gen->first_error, sizeof gen->first_error, "%.*s", (int)(len < 150 ? len : 150), line);
	/* It goes into a JSON string as it is. */
	for (char *c = gen->first_error; *c; c++)
		if (*c == '"' || *c == '\\' || (unsigned char)*c < ' ' || (unsigned char)*c > '~')
			*c = '\'';
}

/* --- writing --- */

void conn_queue(struct conn *conn, const void *bytes, size_t len)
{
	if (conn->out_len + len > conn->out_cap) {
		uint32_t cap = conn->out_cap ? conn->out_cap : 512;
		while (cap < conn->out_len + len)
			cap *= 2;
		conn->out = realloc(conn->out, cap);
		if (!conn->out)
			abort();
		conn->out_cap = cap;
	}
	memcpy(conn->out + conn->out_len, bytes, len);
	conn->out_len += (uint32_t)len;
}

void conn_write(struct gen *gen, struct conn *conn, const void *bytes, size_t len)
{
	conn_queue(conn, bytes, len);
	conn_flush(gen, conn);
}

void conn_flush(struct gen *gen, struct conn *conn)
{
	while (conn->out_at < conn->out_len) {
		const char *from = conn->out + conn->out_at;
		size_t len = conn->out_len - conn->out_at;
		ssize_t n = conn->tls ? tls_send(conn, from, len)
				      : send(conn->fd, from, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			conn_close(gen, conn);
		if (n < 0)
			return;
		conn->out_at += (uint32_t)n;
	}
	conn->out_at = conn->out_len = 0;
}

/* --- connections --- */

void conn_ready(struct gen *gen, struct conn *conn)
{
	if (conn->state == CONN_READY)
		return;
	conn->state = CONN_READY;
	gen->ready_count++;
	gen->connecting--;
	if (conn->behind)
		conn_check_behind(gen, conn, stamp_now_ns());
}

void conn_check_behind(struct gen *gen, struct conn *conn, uint64_t now_ns)
{
	if (conn->state != CONN_READY || conn->merges)
		return;
	for (unsigned i = 0; gen->dialect->has_resume && i < conn->room->group->senders; i++)
		if (conn->track[i].expect < conn->room->senders[i].storm_seq)
			return;
	conn->behind = false;
	gen->behind_count--;
	gen->caught_up_ns = now_ns;
}

void conn_close(struct gen *gen, struct conn *conn)
{
	if (conn->fd < 0)
		return;
	if (conn->tls)
		tls_end(conn);
	close(conn->fd);
	conn->fd = -1;
	if (conn->state == CONN_READY)
		gen->ready_count--;
	else
		gen->connecting--;
	conn->state = CONN_CLOSED;
	conn->tail_len = 0;
	conn->out_at = conn->out_len = 0;
}

void conn_watch(struct gen *gen, struct conn *conn, bool on)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = conn};
	if (conn->fd >= 0)
		epoll_ctl(gen->epoll, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, conn->fd, &event);
}

/* Spread over several loopback addresses, so that many connections do not use up one address's ports. */
static void bind_source(struct gen *gen, struct conn *conn)
{
	int one = 1;
	struct sockaddr_in source = {
	    .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK + conn->index % gen->sources),
	};
	setsockopt(conn->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
	if (bind(conn->fd, (struct sockaddr *)&source, sizeof source) < 0)
		gen_error(gen, "bind", 4);
}

static const struct sockaddr_in *server_of(const struct gen *gen, const struct conn *conn)
{
	return conn->receiver && gen->readers_count ? &gen->readers[conn->index % gen->readers_count]
						    : &gen->server;
}

static void conn_start(struct gen *gen, struct conn *conn)
{
	int one = 1;
	const struct sockaddr_in *server = server_of(gen, conn);
	gen->connecting++;
	conn->state = CONN_CONNECTING;
	conn->gap = 0;
	conn->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (conn->fd < 0) {
		perror("loadgen: socket");
		exit(1);
	}
	setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (gen->sources > 1)
		bind_source(gen, conn);
	conn_watch(gen, conn, true);
	if (connect(conn->fd, (const struct sockaddr *)server, sizeof *server) < 0 && errno != EINPROGRESS) {
		gen->retries++;
		conn_close(gen, conn);
		conn->state = CONN_IDLE;
	}
}

void gen_connect_more(struct gen *gen)
{
	while (gen->connecting < gen->burst && gen->next_connect < gen->conn_count) {
		struct conn *conn = &gen->conns[gen->next_connect++];
		if (conn->state == CONN_IDLE)
			conn_start(gen, conn);
	}
}

/* A connection that ended by itself: while it was still coming up it is tried again. */
static void conn_lost(struct gen *gen, struct conn *conn)
{
	bool early = conn->state == CONN_CONNECTING || conn->state == CONN_LOGIN;
	conn_close(gen, conn);
	if (!early) {
		gen->disconnected++;
		return;
	}
	gen->retries++;
	conn->state = CONN_IDLE;
	if (gen->next_connect > conn->index)
		gen->next_connect = conn->index;
}

/* --- reading --- */

static void keep_tail(struct conn *conn, const char *bytes, size_t len)
{
	if (len > GEN_TAIL_BYTES_MAX) {
		fprintf(stderr, "loadgen: the server sent a line of more than %d bytes\n",
			GEN_TAIL_BYTES_MAX);
		exit(1);
	}
	if (len > conn->tail_cap) {
		conn->tail_cap = len < 512 ? 512 : (uint32_t)len;
		conn->tail = realloc(conn->tail, conn->tail_cap);
		if (!conn->tail)
			abort();
	}
	if (len > 0)
		memcpy(conn->tail, bytes, len);
	conn->tail_len = (uint32_t)len;
}

/* At most GEN_RECV_BYTES; 0: nothing there now; -1: the end of the connection. */
static ssize_t conn_receive(struct gen *gen, struct conn *conn, char *to, int flags)
{
	ssize_t n;
	do
		n = conn->tls ? tls_receive(conn, to, GEN_RECV_BYTES)
			      : recv(conn->fd, to, GEN_RECV_BYTES, flags);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n < 0 && errno == EAGAIN ? 0 : -1;
	gen->bytes_in += (uint64_t)n;
	gen->reads++;
	conn->bytes += (uint64_t)n;
	return n;
}

/* Has the kernel drop what came, and counts it; what comes in TLS is decrypted for it. */
static bool conn_weigh(struct gen *gen, struct conn *conn)
{
	ssize_t n;
	do {
		n = conn_receive(gen, conn, conn->tls ? gen->recv_base + GEN_TAIL_BYTES_MAX : NULL,
				 MSG_TRUNC);
		if (n > 0)
			conn->room->group->weighed_bytes += (uint64_t)n;
	} while (n == GEN_RECV_BYTES || (n > 0 && conn->tls));
	return n >= 0;
}

/* Edge-triggered: reads until less came than was asked for. Returns false at the end of the connection. */
static bool conn_read(struct gen *gen, struct conn *conn, bool ending)
{
	if (conn->weighed && gen->weighing)
		return conn_weigh(gen, conn);
	for (;;) {
		char *start = gen->recv_base + GEN_TAIL_BYTES_MAX;
		ssize_t n = conn_receive(gen, conn, start, 0);
		if (n <= 0)
			return n == 0;
		if (conn->receiver)
			conn->room->group->checked_bytes += (uint64_t)n;
		char *bytes = start - conn->tail_len;
		size_t len = (size_t)n + conn->tail_len;
		if (conn->tail_len > 0)
			memcpy(bytes, conn->tail, conn->tail_len);
		size_t used = stream_take(gen, conn, bytes, len, stamp_now_ns());
		if (conn->state == CONN_CLOSED)
			return true;
		keep_tail(conn, bytes + used, len - used);
		if (n < GEN_RECV_BYTES && !ending && !conn->tls)
			return true;
	}
}

static void conn_event(struct gen *gen, struct conn *conn, uint32_t events)
{
	if (conn->fd < 0)
		return;
	if (conn->state == CONN_CONNECTING && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP))) {
		int error = 0;
		socklen_t len = sizeof error;
		getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &error, &len);
		if (error) {
			conn_lost(gen, conn);
			return;
		}
		if (gen->tls)
			tls_start(conn);
		gen->dialect->login(gen, conn);
	}
	if ((events & EPOLLOUT) && conn->out_at < conn->out_len)
		conn_flush(gen, conn);
	if (conn->fd >= 0 && (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) &&
	    !conn_read(gen, conn, events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)))
		conn_lost(gen, conn);
	/* These bytes waited for the handshake. */
	if (conn->tls && conn->out_at < conn->out_len)
		conn_flush(gen, conn);
}

static void pump_windows(struct gen *gen)
{
	uint64_t now_ns = gen->ready_len > 0 ? stamp_now_ns() : 0;
	for (unsigned i = 0; i < gen->ready_len; i++) {
		gen->ready[i]->queued = false;
		sender_pump(gen, gen->ready[i], now_ns);
	}
	gen->ready_len = 0;
}

void gen_turn(struct gen *gen, uint64_t until_ns)
{
	struct epoll_event events[512];
	struct timespec timeout = {0};
	if (!gen->spin) {
		uint64_t now_ns = stamp_now_ns(), due_ns = gen_next_due_ns(gen);
		uint64_t wake_ns = due_ns < until_ns ? due_ns : until_ns;
		uint64_t wait_ns = wake_ns > now_ns ? wake_ns - now_ns : 0;
		timeout = (struct timespec){(time_t)(wait_ns / 1000000000), (long)(wait_ns % 1000000000)};
	}
	int n = epoll_pwait2(gen->epoll, events, 512, &timeout, NULL);
	if (n < 0 && errno != EINTR) {
		perror("loadgen: epoll_pwait2");
		exit(1);
	}
	gen_pump_rates(gen, stamp_now_ns());
	for (int i = 0; i < n; i++) {
		conn_event(gen, events[i].data.ptr, events[i].events);
		/* Reading a thousand receivers takes long; what is due meanwhile must not wait for it. */
		if (i % 16 == 15)
			gen_pump_rates(gen, stamp_now_ns());
	}
	pump_windows(gen);
	gen_connect_more(gen);
}
