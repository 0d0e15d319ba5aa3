/* The talk between the daemon and the courier, brusio-push: one packet an order, one an answer.
 *
 * Layer: push. Threads: one on each side. The daemon does not trust what comes back: a number that it has not given is
 * ignored. */
#ifndef BRUSIO_PUSH_COURIER_SOCKET_H
#define BRUSIO_PUSH_COURIER_SOCKET_H

#include "push/endpoint.h"
#include "push/seal.h"
#include "push/vapid.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COURIER_TOPIC_BYTES 33

/* A request to a push service. */
struct courier_order {
	uint32_t number; /* the answer has it, too; never 0 */
	uint32_t ttl_seconds;
	uint32_t body_bytes;
	char endpoint[ENDPOINT_BYTES_MAX + 1];
	char authorization[VAPID_AUTHORIZATION_BYTES];
	char topic[COURIER_TOPIC_BYTES];
	char body[SEAL_BODY_BYTES_MAX]; /* the packet ends with it */
};

/* Beside the status of the push service: the courier has begun; it has died, and with it what it had; it did not get an
 * answer; it may not go there. */
#define COURIER_READY   1
#define COURIER_DIED    2
#define COURIER_FAILED  0
#define COURIER_REFUSED -1

struct courier_answer {
	uint32_t number; /* 0: COURIER_READY, COURIER_DIED */
	int32_t status;
	int32_t wait_seconds; /* what the service asks for (Retry-After); 0: nothing */
};

/* Whether it was sent: 0 or -errno. -EAGAIN: the other side takes nothing now. */
int courier_socket_order(int fd, const struct courier_order *order);
int courier_socket_answer(int fd, const struct courier_answer *answer);

/* Waits for nothing. 1: it is there; 0: there is none now; -1: the other side is gone. An order that is not well formed
 * has the number 0. */
int courier_socket_take_order(int fd, struct courier_order *order);
int courier_socket_take_answer(int fd, struct courier_answer *answer);

#endif
