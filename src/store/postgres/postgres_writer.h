/* Stores batches: each is one statement, batch_v1() of sql/batch.sql, sent whole, so that locks live only while PostgreSQL
 * executes and commits it.
 *
 *  1. (node, incarnation, n) names one batch for ever. Where its outcome is not known (the line broke, the server died, the
 *     commit's wait for the standby was cut off), the same n is sent again until PostgreSQL says what became of it.
 *  2. A commit with a warning that it may not have been replicated is unknown, too, never a success.
 *     Where a standby is demanded, so is a commit that waited for none; for a while behind each new connection the standby is
 *     asked for, where the role may see it (pg_monitor).
 *  3. STORE_FAILED: PostgreSQL has refused each try of it, and nothing of it is stored; or another start of the node
 *     writes now; or it was given up.
 *  4. A database that has lost a batch which was stored takes none after it: another connection is first asked for the
 *     last one.
 *
 * Layer: store, private to it. Threads: one. */
#ifndef BRUSIO_STORE_POSTGRES_WRITER_H
#define BRUSIO_STORE_POSTGRES_WRITER_H

#include "base/arena.h"
#include "base/buffer.h"
#include "store/postgres/postgres_gate.h"
#include "store/postgres/postgres_link.h"
#include "store/store.h"

#include <stdatomic.h>

#define POSTGRES_NODE 1 /* of the one server; 0: the administration, which is none */

struct postgres_writer {
	struct postgres_link link;
	int node;
	int64_t incarnation, n;
	int64_t known; /* the last batch that is stored; 0: none */
	bool needs_standby;
	int64_t wary_until_ms; /* until then it is asked, too, whether a standby has a batch */
	const char *
	    epoch; /* of a node: where another one has found that history went back, it has another name; else NULL */
	struct postgres_gate *gate; /* told of each batch; NULL: nobody reads meanwhile */
	_Atomic int64_t seen;       /* the newest note of another process that was shown */
	bool is_fenced;
	bool is_behind; /* the database has gone back to an earlier time than that of the last batch */
	_Atomic bool has_leftovers;
	_Atomic int64_t
	    give_up_ms; /* of the real clock: what is not known by then counts as failed; 0: never */
	struct buffer parameters[6]; /* rooms, ops, numbers, texts, bytes, rules */
	/* Told when the store is out of reach (the reason), and when it is there again (NULL). */
	void (*tell)(void *context, const char *why);
	void *tell_context;
};

/* By which rules a node has decided a batch: -1: any. `after`: those that hold behind it; -1: not known. Zeroed, there are
 * none. */
struct postgres_guards {
	int64_t *rooms, *rules, *after; /* owned; rooms in their order, each once */
	size_t count;
};

void postgres_guards_release(struct postgres_guards *guards);

void postgres_writer_init(struct postgres_writer *writer, struct postgres_place *place, int node);
void postgres_writer_release(struct postgres_writer *writer);

/* Connects where the link is closed, and looks then. 0, or -1 with link.error. */
int postgres_writer_open(struct postgres_writer *writer);
/* The same, again and again until it works, is given up or is behind (-1). */
int postgres_writer_connect(struct postgres_writer *writer);
/* Asks on an open link whether this start of the node may still write, and whether the last batch is there: is_fenced,
 * is_behind. Returns -1 where that cannot be asked. */
int postgres_writer_look(struct postgres_writer *writer);

/* True where what is not known by now counts as failed. Any thread. */
bool postgres_writer_is_given_up(const struct postgres_writer *writer);
/* Rests before another try, the longer the more there were. False where it is given up. */
bool postgres_writer_rest(const struct postgres_writer *writer, int tries);

/* Stores the batch and fills in its results, whose strings lie in the arena, and guards->after. `guards`: of a node, else
 * NULL. STORE_OK or STORE_FAILED; done() is the
 * caller's to call. */
int postgres_writer_run(struct postgres_writer *writer, struct store_batch *batch,
			struct postgres_guards *guards, struct arena *arena);

#endif
