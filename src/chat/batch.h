/* The batch: what the handlers have decided and not yet shown, in the order of their calls.
 *
 *   handlers --batch_change(), batch_append()--> commands --+
 *   handlers --batch_reply(), batch_event()----> outputs    +-- batch_flush() --> store --> batch_done()
 *
 * When the store is done, the outputs leave in their order: a change is applied (chat_apply()) and then told, an
 * event goes to its room's logs, a reply to its worker. What a change tells in turn leaves right behind it.
 *
 * Layer: chat, private to it. Threads: the chat thread's alone.
 *
 *  1. An entry and its acknowledgement leave only behind a batch that is stored; where it failed, the entry is
 *     dropped and the acknowledgement becomes the error store_failed.
 *  2. One batch is with the store at a time; what comes meanwhile fills the next one.
 *  3. A decision never rests on something that is under way: whoever finds such a mark holds the request back
 *     (hold.h) until that batch is done. */
#ifndef BRUSIO_CHAT_BATCH_H
#define BRUSIO_CHAT_BATCH_H

#include "base/arena.h"
#include "base/mailbox.h"
#include "base/request.h"
#include "chat/reply.h"
#include "chat/people/user.h"
#include "store/store.h"

#include <stdbool.h>

struct chat;
struct room;
struct output;
struct change;

/* Called when the commands of a change were carried out and applied: answers, and tells the others. Where they
 * were refused, change->result says why, and nothing was changed. A store that failed is answered before. */
typedef void change_then(struct chat *chat, struct change *change);

/* A group of commands, and what is to be done about them. Lives in the arena of its batch. */
struct change {
	size_t first, count;          /* in batch->commands */
	struct request *request;      /* what asked for it; owned, freed behind `then`; NULL: nobody asked */
	change_then *then;            /* NULL: an ok to who asked */
	int result;                   /* STORE_OK, or of the first command that was refused */
	void *context;                /* of `then`; in the arena, or pointing to what outlives the batch */
	bool goes_on;                 /* `then` is called where the store has failed, too */
	bool is_of_user;              /* somebody asked who had a name */
	const struct entry *farewell; /* shown to those who are put out of a room, in place of their exit */
	struct batch *batch;
};

struct batch {
	struct store_batch stored; /* first: what the store gets */
	struct chat *chat;
	size_t capacity; /* of stored.commands */
	batch_mark number;
	size_t entries, bytes; /* that it appends */
	struct output *outputs, **outputs_last;
	struct arena arena;
};

struct batches {
	struct batch both[2];
	struct batch news; /* what comes from other nodes: outputs alone */
	struct batch *filling;
	struct batch *stored; /* with the store now; NULL: none */
	batch_mark done;      /* the last one that came back */
	uint64_t turn;        /* counts batches whose outputs left */
	/* While the outputs of a batch leave, what they add in turn. */
	struct output *added, **added_last;
	struct batch *leaving;  /* whose outputs are leaving; NULL: none */
	struct mail_chain *out; /* by worker */
	/* Wakes that the batch before put off, by worker, and how many requests waited behind this one when
	 * it ended: see can_wait() in publish.c. */
	struct mail_chain *put_off;
	size_t waiting;
};

void batches_init(struct chat *chat, unsigned workers);
void batches_release(struct chat *chat);
/* It is quiet: gives back the room for the commands of a storm. */
void batches_rest(struct chat *chat);

/* True where the batch of this mark has not come back. */
bool batch_is_under_way(const struct chat *chat, batch_mark mark);
/* The mark of what is decided now. */
batch_mark batch_mark_now(const struct chat *chat);

/* --- decisions --- */

/* Begins a change; batch_add() puts its commands behind it. The request is kept; its peer's later ones wait until
 * the change is done. `request` may be NULL. */
struct change *batch_change(struct chat *chat, struct request *request, change_then *then);
/* The same for an entry: those behind it do not wait, since each of them stands for itself. */
struct change *batch_say(struct chat *chat, struct request *request, change_then *then);
/* Counts an entry, so that a batch that is large enough goes to the store. */
void batch_said(struct change *change, size_t text_bytes);
/* Adds a command to the change that was begun last. Strings are borrowed: they lie in the kept request, in
 * batch_arena(), or in what only a later change takes away. Valid until the next batch_add(). */
struct store_command *batch_add(struct chat *chat, struct change *change, enum store_op op);
struct store_command *batch_command(const struct change *change, size_t index);
/* Memory that lives as long as the batch that is being filled. */
struct arena *batch_arena(struct chat *chat);

/* --- outputs --- */

/* Sends the reply to the worker of the peer. While a batch is with the store, it leaves at once where it needs no store and
 * nothing else of this peer waits; or the store is silent. */
void batch_reply(struct chat *chat, struct peer *peer, struct reply *reply);
/* The same for what it has not asked for, which keeps its place in the batch. */
void batch_tell(struct chat *chat, const struct peer *peer, struct reply *reply);
/* Hands what leaves at once to the workers. */
void batch_send_ready(struct chat *chat);
/* The answer to a join: its place in the log is fixed when it goes out. */
void batch_joined(struct chat *chat, struct peer *peer, struct reply *reply, struct room *room);
/* The same for somebody who did not ask, while a change is applied: they begin where the log is now. */
void batch_follows(struct chat *chat, const struct peer *peer, struct reply *reply, const struct room *room);
/* Shows an event to everybody in the room but the connections of event->author. Copies what it needs. */
void batch_event(struct chat *chat, struct room *room, const struct entry *event);

/* True where it is to be handed over, whatever still waits. */
bool batch_is_full(const struct chat *chat);
/* True where something waits to be handed over. */
bool batch_is_filled(const struct chat *chat);

/* The store is silent: what the batch holds and people have asked for is refused with `busy`; what the chat does by itself
 * stays in it. */
void batch_refuse(struct chat *chat);

/* Runs `tell` as if a batch came back: it may publish and tell, and all leaves at once. */
void batch_tell_news(struct chat *chat, void (*tell)(struct chat *chat, void *context), void *context);

/* Hands the batch to the store; true where it has come back. Without commands it is let out at once. Does
 * nothing while another one is with the store. */
bool batch_flush(struct chat *chat);

#endif
