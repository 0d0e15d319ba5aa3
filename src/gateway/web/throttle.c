#include "gateway/web/throttle.h"

#include "base/container_of.h"

#include <assert.h>

#define THROTTLE_MS 20

static void throttle(struct connection *connection)
{
	assert(!connection->is_throttled && connection->state != CONNECTION_DEAD);
	struct gateway *gateway = connection->gateway;
	connection->is_throttled = true;
	connection->aside_next = gateway->throttled;
	gateway->throttled = connection;
	if (!timer_is_set(&gateway->throttle))
		timer_set(&gateway->loop.timers, &gateway->throttle, gateway->loop.now_ms + THROTTLE_MS);
}

void throttle_forget(struct connection *connection)
{
	assert(connection->is_throttled);
	struct connection **at = &connection->gateway->throttled;
	while (*at != connection)
		at = &(*at)->aside_next;
	*at = connection->aside_next;
	connection->is_throttled = false;
}

static void throttle_refill(struct connection *connection)
{
	struct gateway *gateway = connection->gateway;
	token_bucket_refill(&connection->requests_left, gateway->limits->send_rate, gateway->loop.now_ms);
}

void throttle_spend(struct connection *connection)
{
	if (!connection->gateway->limits->send_rate)
		return;
	throttle_refill(connection);
	connection->requests_left.left--;
	if (connection->requests_left.left < 0 && !connection->is_throttled &&
	    connection->state != CONNECTION_DEAD)
		throttle(connection);
}

void throttle_on_timer(struct timer *timer)
{
	struct gateway *gateway = CONTAINER_OF(timer, struct gateway, throttle);
	struct connection *waiting = gateway->throttled;
	gateway->throttled = NULL;
	for (struct connection *one = waiting, *next; one; one = next) {
		next = one->aside_next;
		throttle_refill(one);
		one->is_throttled = false;
		if (one->requests_left.left < 0)
			throttle(one);
		else
			gateway_make_ready(gateway, one);
	}
}
