#include "push/courier_socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

static int courier_send(int fd, const void *bytes, size_t count)
{
	ssize_t sent;
	do
		sent = send(fd, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

/* The number of bytes that have come; 0: none now, -1: none will come. */
static int courier_receive(int fd, void *bytes, size_t count)
{
	ssize_t got;
	do
		got = recv(fd, bytes, count, MSG_DONTWAIT);
	while (got < 0 && errno == EINTR);
	if (got > 0)
		return (int)got;
	return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? 0 : -1;
}

int courier_socket_order(int fd, const struct courier_order *order)
{
	return courier_send(fd, order, offsetof(struct courier_order, body) + order->body_bytes);
}

int courier_socket_answer(int fd, const struct courier_answer *answer)
{
	return courier_send(fd, answer, sizeof *answer);
}

static bool is_ended(const char *text, size_t bytes)
{
	return memchr(text, '\0', bytes);
}

int courier_socket_take_order(int fd, struct courier_order *order)
{
	int got = courier_receive(fd, order, sizeof *order);
	if (got <= 0)
		return got;
	if ((size_t)got < offsetof(struct courier_order, body) || order->body_bytes > sizeof order->body ||
	    (size_t)got != offsetof(struct courier_order, body) + order->body_bytes ||
	    !is_ended(order->endpoint, sizeof order->endpoint) ||
	    !is_ended(order->authorization, sizeof order->authorization) ||
	    !is_ended(order->topic, sizeof order->topic))
		order->number = 0;
	return 1;
}

int courier_socket_take_answer(int fd, struct courier_answer *answer)
{
	int got = courier_receive(fd, answer, sizeof *answer);
	if (got <= 0)
		return got;
	return (size_t)got == sizeof *answer ? 1 : -1;
}
