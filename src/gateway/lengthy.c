#include "gateway/lengthy.h"

#include "gateway/connection.h"

#include <assert.h>

/* Beside one for each job thread, so that those never wait for the next. */
#define SPARE 2

bool lengthy_is(enum request_op op)
{
	return op == REQUEST_WHO || op == REQUEST_ROOMS || op == REQUEST_HISTORY || op == REQUEST_SEARCH;
}

/* What the chat thread does by itself, and what jobs do, do not wait for each other. */
static struct lengthy *of(struct gateway *gateway, enum request_op op)
{
	return op == REQUEST_WHO || op == REQUEST_ROOMS ? &gateway->lists : &gateway->pages;
}

static void let_go(struct connection *connection)
{
	mail_chain_add(&connection->gateway->requests, &connection->held->mail);
	connection->held = NULL;
	gateway_make_ready(connection->gateway, connection);
}

/* In line, or let go at once. */
static bool begin(struct connection *connection, struct request *request)
{
	struct gateway *gateway = connection->gateway;
	struct lengthy *lengthy = of(gateway, request->op);
	connection->is_asking = true;
	if (!lengthy->first && lengthy->under_way < gateway->limits->jobs + SPARE) {
		lengthy->under_way++;
		return true;
	}
	connection->held = request;
	connection->held_next = NULL;
	if (lengthy->first)
		lengthy->last->held_next = connection;
	else
		lengthy->first = connection;
	lengthy->last = connection;
	return false;
}

bool lengthy_hold(struct connection *connection, struct request *request)
{
	assert(!connection->held);
	if (!connection->is_asking)
		return !begin(connection, request);
	connection->held = request;
	return true;
}

void lengthy_answered(struct gateway *gateway, enum request_op op, struct connection *connection)
{
	struct lengthy *lengthy = of(gateway, op);
	struct connection *next = lengthy->first;
	assert(lengthy->under_way);
	if (next) {
		lengthy->first = next->held_next;
		let_go(next);
	} else {
		lengthy->under_way--;
	}
	if (!connection)
		return;
	connection->is_asking = false;
	struct request *held = connection->held;
	if (held) {
		connection->held = NULL;
		if (begin(connection, held)) {
			connection->held = held;
			let_go(connection);
		}
	}
}

void lengthy_forget(struct connection *connection)
{
	if (!connection->held)
		return;
	struct lengthy *lengthy = of(connection->gateway, connection->held->op);
	struct connection *before = NULL, *at = lengthy->first;
	for (; at && at != connection; at = at->held_next)
		before = at;
	/* Else it waits for its own answer, in no line. */
	if (at) {
		if (before)
			before->held_next = connection->held_next;
		else
			lengthy->first = connection->held_next;
		if (lengthy->last == connection)
			lengthy->last = before;
	}
	request_free(connection->held);
	connection->held = NULL;
}
