/* Our place in a room's log: which entry is to be shown now, which waits, which we have already.
 *
 * An entry comes live, or again in a replay, or, if it is our own, only as the seq of an ack, before or
 * after its neighbours. Whatever the order in which they come, each is shown once and in the log's order.
 *
 *  1. Every seq up to `last` is dealt with: shown, our own, or known not to come.
 *  2. `own` holds our acknowledged seqs above `last`, `held` the entries above `last` that must wait for
 *     a lower one. Both rise, and no seq is in both.
 *
 * Layer: session (jansson), pure. */
#ifndef BRUSIO_SESSION_PLACE_H
#define BRUSIO_SESSION_PLACE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct place_held {
	int64_t seq;
	json_t *object; /* one reference is ours */
};

/* A zeroed place stands before the first entry. */
struct place {
	int64_t last;
	int64_t *own;
	size_t own_count, own_capacity;
	struct place_held *held;
	size_t held_count, held_capacity;
};

enum place_verdict {
	PLACE_SHOW, /* it is the next one; it counts as shown from now on */
	PLACE_OLD,  /* it was dealt with before */
	PLACE_WAIT, /* a lower one is missing: the entry is held */
};

void place_release(struct place *place);

/* An entry came. PLACE_WAIT takes a reference of its own. */
enum place_verdict place_entry(struct place *place, int64_t seq, json_t *object);

/* Holds an entry even if it is the next one, for as long as the caller does not call place_take(). */
void place_hold(struct place *place, int64_t seq, json_t *object);

/* Our own entry was acknowledged, and needs not be shown any more. */
void place_own(struct place *place, int64_t seq);

/* The next held entry whose turn has come, or NULL. Its reference is the caller's. */
json_t *place_take(struct place *place);

/* Everything up to `seq` is dealt with, in some other way. */
void place_pass(struct place *place, int64_t seq);

/* True where entries wait: `*from` to `*to` are missing before the first of them. */
bool place_gap(const struct place *place, int64_t *from, int64_t *to);

/* The line broke: what is held comes again in the replay. What was acknowledged stays known. */
void place_drop_held(struct place *place);

/* Moves to another log, or another place in it: everything known before is dropped. */
void place_reset(struct place *place, int64_t last);

#endif
