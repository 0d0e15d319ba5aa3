#include "gateway/expensive.h"

#include "base/operation.h"
#include "gateway/connection.h"

#include <assert.h>

/* Beside one for each job thread, so that those never wait for the next. */
#define SPARE 2

bool expensive_is(enum request_op op)
{
	return operation_is(op, OPERATION_LISTS | OPERATION_PAGES);
}

/* Work of the chat thread and work of the jobs do not wait for each other. */
static struct expensive *expensive_of(struct gateway *gateway, enum request_op op)
{
	return operation_is(op, OPERATION_LISTS) ? &gateway->lists : &gateway->pages;
}

/* The next in line. */
static struct request *expensive_next(const struct request *request)
{
	return (struct request *)request->mail.next;
}

static void expensive_let_go(struct connection *connection)
{
	assert(connection && connection->held && connection->is_asking);
	mail_chain_add(&connection->gateway->requests, &connection->held->mail);
	connection->held = NULL;
	gateway_make_ready(connection->gateway, connection);
}

/* In line, or let go at once. */
static bool expensive_begin(struct connection *connection, struct request *request)
{
	struct gateway *gateway = connection->gateway;
	struct expensive *expensive = expensive_of(gateway, request->op);
	assert(!connection->is_asking); /* 3 */
	connection->is_asking = true;
	if (!expensive->first && expensive->under_way < gateway->limits->jobs + SPARE) {
		expensive->under_way++;
		return true;
	}
	connection->held = request;
	request->mail.next = NULL;
	if (expensive->first)
		expensive->last->mail.next = &request->mail;
	else
		expensive->first = request;
	expensive->last = request;
	return false;
}

bool expensive_hold(struct connection *connection, struct request *request)
{
	assert(!connection->held);
	if (!connection->is_asking)
		return !expensive_begin(connection, request);
	connection->held = request;
	return true;
}

void expensive_answered(struct gateway *gateway, enum request_op op, struct connection *connection)
{
	struct expensive *expensive = expensive_of(gateway, op);
	struct request *next = expensive->first;
	assert(expensive->under_way); /* 2 */
	if (next) {
		expensive->first = expensive_next(next);
		expensive_let_go(gateway_find(gateway, peer_connection(next->peer)));
	} else {
		expensive->under_way--;
	}
	if (!connection)
		return;
	connection->is_asking = false;
	struct request *held = connection->held;
	if (held) {
		connection->held = NULL;
		if (expensive_begin(connection, held)) {
			connection->held = held;
			expensive_let_go(connection);
		}
	}
}

void expensive_forget(struct connection *connection)
{
	if (!connection->held)
		return;
	struct expensive *expensive = expensive_of(connection->gateway, connection->held->op);
	struct request *before = NULL, *at = expensive->first;
	for (; at && at != connection->held; at = expensive_next(at))
		before = at;
	/* Else it waits for its own answer, in no line. */
	if (at) {
		if (before)
			before->mail.next = at->mail.next;
		else
			expensive->first = expensive_next(at);
		if (expensive->last == at)
			expensive->last = before;
	}
	request_free(connection->held);
	connection->held = NULL;
}
