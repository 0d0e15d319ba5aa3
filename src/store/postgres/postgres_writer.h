/* Stores batches: each is one statement, batch_v1() of sql/batch.sql, sent whole, so that locks live only while PostgreSQL
 * executes and commits it.
 *
 *  1. (node, incarnation, n) names one batch for ever. Where its outcome is not known (the line broke, the server died, the
 *     commit's wait for the standby was cut off), the same n is sent again until PostgreSQL says what became of it.
 *  2. A commit with a warning that it may not have been replicated is unknown, too, never a success.
 *  3. STORE_FAILED: PostgreSQL has refused each try of it, and nothing of it is stored; or another start of the node
 *     writes now; or it was given up.
 *
 * Layer: store, private to it. Threads: one. */
#ifndef BRUSIO_STORE_POSTGRES_WRITER_H
#define BRUSIO_STORE_POSTGRES_WRITER_H

#include "base/arena.h"
#include "base/buffer.h"
#include "store/postgres/postgres_link.h"
#include "store/store.h"

#include <stdatomic.h>

#define POSTGRES_NODE 1 /* of the server; 0: the administration, which is none */

struct postgres_writer {
	struct postgres_link link;
	int node;
	int64_t incarnation, n;
	_Atomic int64_t seen; /* the newest note of another process that was shown */
	bool is_fenced;
	_Atomic bool has_leftovers;
	_Atomic int64_t
	    give_up_ms; /* of the real clock: what is not known by then counts as failed; 0: never */
	struct buffer parameters[5]; /* rooms, ops, numbers, texts, bytes */
	/* Told when the store is out of reach (the reason), and when it is there again (NULL). */
	void (*tell)(void *context, const char *why);
	void *tell_context;
};

void postgres_writer_init(struct postgres_writer *writer, struct postgres_place *place, int node);
void postgres_writer_release(struct postgres_writer *writer);

/* Connects where the link is closed, again and again until it works or is given up (-1). */
int postgres_writer_connect(struct postgres_writer *writer);

/* Rests before another try, the longer the more there were. False where it is given up. */
bool postgres_writer_rest(const struct postgres_writer *writer, int tries);

/* Stores the batch and fills in its results, whose strings lie in the arena. STORE_OK or STORE_FAILED; done() is the
 * caller's to call. */
int postgres_writer_run(struct postgres_writer *writer, struct store_batch *batch, struct arena *arena);

#endif
