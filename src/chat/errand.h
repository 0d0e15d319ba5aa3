/* Work for a request that is done elsewhere: by a job on another thread, or by the store.
 *
 *   errand_send() --> job: work() --> REQUEST_DONE in the chat's mailbox --> do_done(): then()
 *
 * Layer: chat, private to it. Threads: work() runs on a pool thread, all else on the chat thread. Meanwhile the
 * later requests of the same peer wait, so that each connection sees its own order. */
#ifndef BRUSIO_CHAT_ERRAND_H
#define BRUSIO_CHAT_ERRAND_H

#include "base/request.h"
#include "chat/jobs.h"
#include "store/store.h"

#include <stdbool.h>

struct chat;
struct errand;

struct errand {
	struct job job; /* first; embed the errand in what it needs, first again */
	struct chat *chat;
	struct request *request; /* what waits for it; owned, freed behind then(), which may take it */
	void (*work)(struct errand *errand, struct store_reader *reader); /* `reader` may be NULL */
	/* Answers, and frees what the errand holds but not the errand. */
	void (*then)(struct chat *chat, struct errand *errand);
};

/* Keeps the request. False where too many wait: nothing was kept, and the caller still owns the errand. */
bool errand_send(struct chat *chat, struct jobs *jobs, struct errand *errand, struct request *request);

/* --- questions --- */

struct question;
/* The request is freed behind it, unless it was kept again: by a change, a hold, an errand or a question. */
typedef void question_then(struct chat *chat, struct question *question);

struct question {
	struct store_query query; /* first */
	struct chat *chat;
	struct request *request;
	question_then *then;
	void *context; /* owned by whoever asks */
	bool is_being_asked, is_answered;
};

/* Asks the store and goes on with `then`, maybe before this returns. Keeps the request. */
void question_ask(struct chat *chat, struct request *request, const struct store_query *query,
		  question_then *then, void *context);
/* Continues a question whose context is the reply itself, filled as the store visits rows: sends the reply,
 * or frees it and answers that reading failed. */
void question_reply(struct chat *chat, struct question *question);

/* Gives a request that an errand or a change owns to a handler anew: it is freed unless that keeps it. */
void request_hand_on(struct chat *chat, struct request *request,
		     void (*handler)(struct chat *chat, struct request *request));

#endif
