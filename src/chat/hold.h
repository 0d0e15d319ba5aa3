/* Requests that wait for their turn: what they depend on is under way.
 *
 * Layer: chat, private to it. Threads: the chat thread's alone.
 *
 *  1. The requests of one connection are handled in their order: while one of them is held, so are the later
 *     ones.
 *  2. Connections take turns: when a batch is done, each goes on until its next request has to wait again. So
 *     what one has queued never puts another's first request behind more than one batch.
 *  3. A connection whose queue does not end is *late*: it has had HOLD_TURNS_FREE turns and more, of which it gains one back with
 *     each batch that none of it waits for. A batch of nothing else takes HOLD_TURNS_LATE turns of late connections, one that has
 *     something of others takes one: what others ask for is stored about as soon as if there were no late ones. */
#ifndef BRUSIO_CHAT_HOLD_H
#define BRUSIO_CHAT_HOLD_H

#include "base/request.h"
#include "chat/people/user.h"

#include <stdbool.h>

#define HOLD_TURNS_FREE 64
#define HOLD_TURNS_LATE 2

struct chat;
struct change;

struct hold_queue {
	struct hold *first, **last;
};

/* The peers that have held requests, in the order of their turns. */
struct held {
	struct hold_queue prompt, late;
	batch_mark batch;        /* that is filled */
	unsigned late_turns;     /* of it, taken */
	struct request *current; /* whose turn it is */
	bool is_again;           /* it was held once more */
};

void held_init(struct held *held);
/* Frees what was never handled, at the end of the process. */
void held_release(struct held *held);

/* Keeps the request until what is under way is done; it is handled anew then. */
void hold_request(struct chat *chat, struct request *request);

/* The same for a request that was decided and has to be decided anew, since the world was another one: it goes
 * before those that came later. */
void hold_retry(struct chat *chat, struct change *change);

/* The same for a request that is its caller's. */
void hold_again(struct chat *chat, struct request *request);

/* Handles the requests that wait, as far as they can be now, but those of late connections. */
void hold_run(struct chat *chat);
/* The same for late ones, behind all others that this batch takes in. */
void hold_run_late(struct chat *chat);

/* True where a request waits that could go on now: its connection has nothing under way elsewhere. */
bool held_can_go_on(const struct chat *chat);

#endif
