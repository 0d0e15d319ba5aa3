/* Where we stand in a room's log: which entry is to be shown now, which waits, which we have already.
 *
 * An entry comes live, or again in a replay, or, if it is our own, only as the seq of an ack, before or
 * after its neighbours. Whatever the order in which they come, each is shown once and in the log's order.
 *
 *  1. Every seq up to `last` is dealt with: shown, our own, or known not to come.
 *  2. `own` holds our acknowledged seqs above `last`, `held` the entries above `last` that must wait for
 *     a lower one. Both rise, and no seq is in both.
 *
 * Layer: client (jansson), pure. */
#ifndef BRUSIO_CLIENT_CURSOR_H
#define BRUSIO_CLIENT_CURSOR_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cursor_held {
	int64_t seq;
	json_t *object; /* one reference is ours */
};

/* A zeroed cursor stands before the first entry. */
struct cursor {
	int64_t last;
	int64_t *own;
	size_t own_count, own_capacity;
	struct cursor_held *held;
	size_t held_count, held_capacity;
};

enum cursor_verdict {
	CURSOR_SHOW, /* it is the next one; it counts as shown from now on */
	CURSOR_OLD,  /* it was dealt with before */
	CURSOR_WAIT, /* a lower one is missing: the entry is held */
};

void cursor_release(struct cursor *cursor);

/* An entry came. CURSOR_WAIT takes a reference of its own. */
enum cursor_verdict cursor_entry(struct cursor *cursor, int64_t seq, json_t *object);

/* Holds an entry even if it is the next one, for as long as the caller does not call cursor_take(). */
void cursor_hold(struct cursor *cursor, int64_t seq, json_t *object);

/* Our own entry was acknowledged, and needs not be shown any more. */
void cursor_own(struct cursor *cursor, int64_t seq);

/* The next held entry whose turn has come, or NULL. Its reference is the caller's. */
json_t *cursor_take(struct cursor *cursor);

/* Everything up to `seq` is dealt with, in some other way. */
void cursor_pass(struct cursor *cursor, int64_t seq);

/* True where entries wait: `*from` to `*to` are missing before the first of them. */
bool cursor_gap(const struct cursor *cursor, int64_t *from, int64_t *to);

/* The line broke: what is held comes again in the replay. What was acknowledged stays known. */
void cursor_drop_held(struct cursor *cursor);

/* Another log, or another place in it: nothing of what we knew holds. */
void cursor_reset(struct cursor *cursor, int64_t last);

#endif
