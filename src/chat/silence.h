/* The fate of requests while the store does not answer.
 *
 * What was handed to the store waits for it, however long that takes: it may be stored. When nothing has come back for
 * store_wait_seconds, though something is under way, the store is silent: what was not handed over is answered with
 * `busy` and changes nothing, and only what needs no store is answered as ever.
 *
 * Layer: chat, private to it. Threads: the chat thread's alone. */
#ifndef BRUSIO_CHAT_SILENCE_H
#define BRUSIO_CHAT_SILENCE_H

#include "base/request.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct chat;

struct silence {
	size_t under_way; /* batches and questions that the store has */
	int64_t since_ms; /* when the first of them was given to it, or the last one came back */
	bool is_refusing; /* what the store would be said to have failed at is `busy` */
};

/* The store is given a batch or a question; one has come back. */
void silence_give(struct chat *chat);
void silence_return(struct chat *chat);

bool silence_is(const struct chat *chat);

/* Whether it is answered from what the chat knows. */
bool silence_needs_no_store(enum request_op op);
/* Whether its asker waits for an answer, which may be `busy`. */
bool silence_may_refuse(const struct request *request);
/* Answers the request with `busy` where the store is silent and that may be; it is the caller's. */
bool silence_refuses(struct chat *chat, const struct request *request);
/* The same for what is just being asked, unless it needs no store. That somebody types is dropped. */
bool silence_refuses_new(struct chat *chat, const struct request *request);

#endif
