/* Fast connections are read slower: a connection that makes more than send_rate requests a second is not read
 * until it may make the next.
 *
 * Layer: gateway. Threads: the worker's alone. */
#ifndef BRUSIO_GATEWAY_THROTTLE_H
#define BRUSIO_GATEWAY_THROTTLE_H

#include "gateway/connection.h"

/* Counts a request. */
void throttle_spend(struct connection *connection);
/* The connection, which is throttled, goes. */
void throttle_forget(struct connection *connection);
/* The timer of the gateway's throttled connections. */
void throttle_on_timer(struct timer *timer);

#endif
