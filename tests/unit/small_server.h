/* A whole server in one process, without its worker threads: one gateway that is turned by the caller, the
 * chat on a fake store, and connections that are one end of a socket pair.
 *
 * The clock stands still until the caller moves it, so nothing happens because time passed. With one thread
 * for jobs, small_server_settle() knows when everything that was set in motion has come to rest.
 *
 * It uses no test framework, so that the fuzzers can have it too. */
#ifndef BRUSIO_TESTS_UNIT_SMALL_SERVER_H
#define BRUSIO_TESTS_UNIT_SMALL_SERVER_H

#include "base/clock.h"
#include "base/sendable.h"
#include "chat/chat.h"
#include "chat/reply.h"
#include "gateway/connection.h"
#include "gateway/gateway.h"
#include "gateway/web/web.h"
#include "wire/lang.h"

#include "fake_store.h"

#include <arpa/inet.h>
#include <assert.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#define SMALL_SERVER_MONO_MS INT64_C(1000000)
#define SMALL_SERVER_WALL_MS INT64_C(1795341600000)

struct small_server {
	struct fake_store fake;
	struct limits limits;
	struct chat *chat;
	struct gateway gateway;
	struct mailbox aside; /* of a second worker, which is the caller */
	struct mailbox *workers[2];
	struct peer *marker;
	struct transport transport;
	struct web_config web;
	int64_t mono_ms, wall_ms;
};

static inline int64_t small_server_no_wait(void *context, const char *host)
{
	(void)context;
	(void)host;
	return 0;
}

static inline bool small_server_let_move(void *context, const char *from, const char *to)
{
	(void)context;
	(void)from;
	(void)to;
	return true;
}

/* The limits may have been changed since they were set to limits_default. */
static inline void small_server_start(struct small_server *server)
{
	char problem[256];
	sendable_open();
	/* The server does the same: sendfile(2) has no flag for it. */
	signal(SIGPIPE, SIG_IGN);
	server->mono_ms = SMALL_SERVER_MONO_MS;
	server->wall_ms = SMALL_SERVER_WALL_MS;
	clock_fake(server->mono_ms, server->wall_ms);
	server->limits.jobs = 1;
	/* Passwords do not matter here, and are hashed as cheaply as possible. */
	server->limits.hash_memory_kib = 8;
	fake_store_init(&server->fake);
	server->transport =
	    (struct transport){.handshake_wait_ms = small_server_no_wait, .move = small_server_let_move};
	static const struct ranges nobody;
	server->transport.proxy_from = &nobody;
	server->web.metrics_from = &nobody;
	int error = gateway_init(&server->gateway, 0, &server->limits, LANG_EN);
	assert(!error);
	server->gateway.transport = &server->transport;
	server->gateway.web = &server->web;
	error = mailbox_init(&server->aside);
	assert(!error);
	server->workers[0] = &server->gateway.mailbox;
	server->workers[1] = &server->aside;
	struct chat_config config = {.limits = server->limits,
				     .store = &server->fake.store,
				     .encode = dialect_encode,
				     .passes = dialect_passes,
				     .encodings = ENCODINGS,
				     .workers = server->workers,
				     .workers_count = 2,
				     .allow_guests = true,
				     .allow_registration = true};
	error = chat_start(&config, &server->chat, problem, sizeof problem);
	assert(!error);
	server->gateway.chat = server->chat;
	server->marker = peer_new(&(struct peer_info){.connection = 1, .worker = 1, .address = "127.0.0.1"});
}

/* Both ends of a connection that goes through the machine's network. */
static inline void small_server_tcp_pair(int fds[2])
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof address;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	fds[1] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	/* Given, so that they do not grow by themselves. */
	int bytes = 65536;
	setsockopt(listener, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
	setsockopt(fds[1], SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
	int error = bind(listener, (struct sockaddr *)&address, length) || listen(listener, 1) ||
		    getsockname(listener, (struct sockaddr *)&address, &length) ||
		    connect(fds[1], (struct sockaddr *)&address, length);
	assert(!error);
	(void)error;
	fds[0] = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	fcntl(fds[1], F_SETFL, O_NONBLOCK);
	close(listener);
}

/* A connection from `host`; returns the client's end, which does not block. `type` is that of the socket
 * pair: SOCK_STREAM; SOCK_SEQPACKET where it matters what was written by one call; 0 for TCP. */
static inline int small_server_connect(struct small_server *server, const char *host, int type)
{
	int fds[2];
	if (type) {
		int error = socketpair(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds);
		assert(!error);
		(void)error;
	} else {
		small_server_tcp_pair(fds);
	}
	gateway_hand_over(&server->gateway, fds[0], host);
	return fds[1];
}

static inline bool small_server_has_work(const struct small_server *server)
{
	return gateway_has_work(&server->gateway);
}

/* One turn that waits for nothing. */
static inline void small_server_turn(struct small_server *server)
{
	mailbox_wake(&server->gateway.mailbox);
	gateway_turn(&server->gateway);
}

/* A request is with the chat, or a page with the jobs. */
static inline bool small_server_is_waiting(const struct small_server *server)
{
	for (size_t i = 0; i < server->gateway.slots_used; i++) {
		const struct connection *connection = server->gateway.slots[i];
		if (connection && connection->in_flight)
			return true;
		for (struct subscription *one = connection ? connection->subscriptions : NULL; one;
		     one = one->next)
			if (one->is_waiting)
				return true;
	}
	return false;
}

static inline void small_server_await_mark(struct small_server *server, enum reply_kind kind)
{
	for (bool is_there = false; !is_there;) {
		struct mail *mail = mailbox_take(&server->aside);
		for (struct mail *next; mail; mail = next) {
			struct reply *reply = (struct reply *)mail;
			next = mail->next;
			is_there |= reply->kind == kind;
			reply_free(reply);
		}
		if (!is_there)
			mailbox_wait(&server->aside, -1);
	}
}

/* All requests and jobs from before are done, and their replies are in the gateway's mailbox. */
static inline void small_server_pass_mark(struct small_server *server)
{
	struct mail_chain chain = {0};
	struct request *ping = request_new(REQUEST_PING, 0);
	ping->peer = server->marker;
	mail_chain_add(&chain, &ping->mail);
	chat_post(server->chat, &chain);
	small_server_await_mark(server, REPLY_OK);
	struct page_request page = {
	    .worker = 1, .room_id = 1, .room = "#lobby", .base_seq = INT64_MAX, .end_seq = INT64_MAX};
	chat_read_page(server->chat, &page);
	small_server_await_mark(server, REPLY_PAGE);
}

/* Turns until nothing more happens without the clients or the clock. */
static inline void small_server_settle(struct small_server *server)
{
	for (;;) {
		/* Connections that a turn accepts are read in the next one. */
		for (int idle = 0; idle < 2;) {
			small_server_turn(server);
			idle = small_server_has_work(server) ? 0 : idle + 1;
		}
		if (small_server_is_waiting(server)) {
			gateway_turn(&server->gateway);
			continue;
		}
		small_server_pass_mark(server);
		if (!mailbox_length(&server->gateway.mailbox))
			return;
	}
}

/* Lets time pass, and what it brings happen. */
static inline void small_server_wait(struct small_server *server, int64_t ms)
{
	server->mono_ms += ms;
	server->wall_ms += ms;
	clock_fake(server->mono_ms, server->wall_ms);
	small_server_settle(server);
}

static inline void small_server_stop(struct small_server *server)
{
	gateway_drop_all(&server->gateway);
	while (!gateway_is_empty(&server->gateway))
		small_server_turn(server);
	struct mail_chain chain = {0};
	struct request *closed = request_new(REQUEST_CLOSED, 0);
	closed->peer = server->marker;
	mail_chain_add(&chain, &closed->mail);
	chat_post(server->chat, &chain);
	chat_stop(server->chat);
	for (struct mail *mail = mailbox_take(&server->aside), *next; mail; mail = next) {
		next = mail->next;
		reply_free((struct reply *)mail);
	}
	gateway_release(&server->gateway);
	mailbox_release(&server->aside);
	chat_free(server->chat);
	fake_store_release(&server->fake);
	assert(chunk_bytes_total() == 0);
}

#endif
