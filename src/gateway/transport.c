#include "gateway/transport.h"

#include "base/logging.h"
#include "base/memory.h"
#include "gateway/connection.h"
#include "net/address.h"
#include "wire/proxy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TLS_HANDSHAKE 0x16 /* the first byte of a ClientHello's record */

/* The bytes at the beginning; 0 where there are none yet, or the connection is gone. */
static size_t transport_peek(struct connection *connection, char *bytes, size_t length)
{
	if (!connection->is_readable)
		return 0;
	ssize_t count = stream_peek(&connection->stream, bytes, length);
	if (count == -EAGAIN)
		connection->is_readable = false;
	else if (count <= 0)
		connection_close(connection, count ? strerror((int)-count) : "ended");
	return count > 0 ? (size_t)count : 0;
}

static void transport_become(struct connection *connection, const char *host)
{
	const struct transport *transport = connection->gateway->transport;
	if (!transport->move(transport->context, connection_host(connection), host)) {
		LOG_WARN("connection.refused", "ip=%s why=\"too many connections\"", host);
		connection_close(connection, "too many from its address");
		return;
	}
	connection_set_host(connection, host);
}

static void take_proxy_header(struct connection *connection)
{
	char bytes[PROXY_BYTES_MAX];
	struct proxy_header header;
	size_t length = transport_peek(connection, bytes, sizeof bytes);
	if (!length)
		return;
	enum proxy_result result = proxy_parse(bytes, length, &header);
	if (result == PROXY_WRONG) {
		LOG_WARN("connection.refused", "ip=%s why=\"no PROXY header, though proxy_from names it\"",
			 connection_host(connection));
		connection_close(connection, "no PROXY header");
	}
	if (result == PROXY_MORE)
		connection->is_readable = false;
	/* Bytes that were only peeked at hide the end behind them. */
	if (result == PROXY_MORE && connection->is_hanging_up)
		connection_close(connection, "ended");
	if (result != PROXY_FOUND)
		return;
	stream_read(&connection->stream, bytes, header.length);
	connection->is_proxied = true;
	connection->is_proxied_secure = header.is_secure;
	connection->transport = TRANSPORT_FIRST;
	if (*header.host)
		transport_become(connection, header.host);
}

static void transport_encrypt(struct connection *connection)
{
	stream_encrypt(&connection->stream, connection->gateway->transport->tls);
	connection->transport = TRANSPORT_SETTLED;
}

static void transport_on_turn(struct timer *timer)
{
	struct connection *connection = connection_of_timer(timer);
	connection_await_greeting(connection);
	transport_encrypt(connection);
	gateway_make_ready(connection->gateway, connection);
}

static void begin_tls(struct connection *connection)
{
	static const char refusal[] = "\x15\x03\x01\x00\x02\x02\x46"; /* alert: fatal, protocol_version */
	const struct transport *transport = connection->gateway->transport;
	if (!transport->tls) {
		connection->transport = TRANSPORT_SETTLED;
		buffer_add(&connection->out, refusal, sizeof refusal - 1);
		connection_end(connection, TEXT_NONE);
		return;
	}
	int64_t wait_ms = transport->handshake_wait_ms(transport->context, connection_host(connection));
	if (wait_ms < 0) {
		LOG_WARN("connection.refused", "ip=%s why=\"too many handshakes\"",
			 connection_host(connection));
		connection_close(connection, "too many handshakes");
	} else if (wait_ms > 0) {
		struct loop *loop = &connection->gateway->loop;
		connection->transport = TRANSPORT_WAIT;
		connection->timer.fire = transport_on_turn;
		timer_set(&loop->timers, &connection->timer, loop->now_ms + wait_ms);
	} else {
		transport_encrypt(connection);
	}
}

bool transport_settle(struct connection *connection)
{
	const struct transport *transport = connection->gateway->transport;
	if (connection->transport == TRANSPORT_NEW)
		connection->transport = ranges_contain(transport->proxy_from, connection_host(connection))
					    ? TRANSPORT_PROXY
					    : TRANSPORT_FIRST;
	if (connection->transport == TRANSPORT_PROXY)
		take_proxy_header(connection);
	if (connection->transport == TRANSPORT_FIRST && connection->state == CONNECTION_TALKING) {
		char first;
		if (!transport_peek(connection, &first, 1))
			return false;
		if (first == TLS_HANDSHAKE)
			begin_tls(connection);
		else
			connection->transport = TRANSPORT_SETTLED;
	}
	return connection->transport == TRANSPORT_SETTLED && connection->state == CONNECTION_TALKING;
}

bool transport_is_secure(const struct connection *connection)
{
	return stream_is_encrypted(&connection->stream) || connection->is_proxied_secure ||
	       address_is_loopback(connection_host(connection));
}
