/* Requests that are much work to answer: pages, searches, lists. A worker lets a few of them be under way at
 * once, and one of each connection; others wait in the order in which they came. So messages wait for a few of them
 * at most, however many are asked for, and somebody who asks for many gets no more turns than somebody who asks for
 * one.
 *
 * Layer: gateway. Threads: a worker's.
 *
 *  1. A connection with a request that waits is not read: see connection_can_take().
 *  2. Each request that was let go comes back as one answer, also where its connection is gone.
 *  3. A connection is in line only while none of its own is under way. */
#ifndef BRUSIO_GATEWAY_EXPENSIVE_H
#define BRUSIO_GATEWAY_EXPENSIVE_H

#include "base/request.h"

#include <stdbool.h>

struct connection;
struct gateway;

bool expensive_is(enum request_op op);

/* True: the request waits, and is posted when its turn comes. False: the caller posts it. */
bool expensive_hold(struct connection *connection, struct request *request);
/* A request of this kind was answered; `connection`, whose it was, is NULL where it is gone. */
void expensive_answered(struct gateway *gateway, enum request_op op, struct connection *connection);
/* The connection goes. */
void expensive_forget(struct connection *connection);

#endif
