/* Lines that nodes tell each other and do not store, on the bus of each.
 *
 *   chat --tell()--> lines --bus: NOTIFY brusio_told--> bus of each other node --hear()--> its chat
 *
 *  1. A node numbers what it tells. Who finds a number missing, or meets a node for the first time, asks that one to tell
 *     everything, and hears nothing of it until that begins: so lines of a node are heard in its order and without a gap.
 *  2. What waits is bounded by LIMIT_TOLD_BYTES. Where it is more, it is dropped, and a number with it: the others ask.
 *     A telling of everything is not counted: people and rooms bound it, and told_run() has one at a time.
 *  3. A node that has the database alone tells nothing.
 *
 * Layer: store, private to it. Threads: tell() any; init and release those of the store; all else the bus's. */
#ifndef BRUSIO_STORE_POSTGRES_TOLD_H
#define BRUSIO_STORE_POSTGRES_TOLD_H

#include "base/buffer.h"
#include "store/postgres/postgres_node.h"

#include <pthread.h>

enum postgres_told_kind {
	POSTGRES_TOLD_LINES = 1,
	POSTGRES_TOLD_ASKED, /* all is to be told anew */
	POSTGRES_TOLD_GONE   /* the node is not there any more, or has begun anew */
};

struct postgres_teller;

struct postgres_told {
	const struct postgres_node *node;
	/* Takes what another node has told, and says whether it could. */
	bool (*hear)(void *context, enum postgres_told_kind kind, int64_t node, const char *lines);
	void *context;
	int fd;                          /* eventfd: readable where something is to be told */
	struct postgres_teller *tellers; /* owned: the other nodes */
	size_t count, capacity;
	int64_t n;               /* of what was told last */
	struct buffer sending;   /* lines on their way */
	int64_t told_ms;         /* when something was told last */
	int64_t failed_ms;       /* when it was said last that this fails; 0: never */
	pthread_mutex_t mutex;   /* for what follows */
	struct buffer lines;     /* that wait */
	bool is_whole;           /* everything is being told: STORE_TOLD_WHOLE to STORE_TOLD_END */
	size_t whole_bytes;      /* of the lines, those that tell everything */
	size_t sending_bytes;    /* length of `sending` */
	size_t others;           /* nodes that have told something */
	bool has_others, is_cut; /* there are other nodes; lines were dropped */
};

void postgres_told_init(struct postgres_told *told, const struct postgres_node *node);
void postgres_told_release(struct postgres_told *told);

/* Adds a line, without its end; `may_drop`: it is left out where much waits. */
void postgres_told_add(struct postgres_told *told, const char *line, bool may_drop);

/* How many nodes there are of which something is known, and how many bytes wait. Any thread. */
void postgres_told_look(struct postgres_told *told, size_t *others, size_t *bytes);

/* The line is new: all other nodes are asked. */
void postgres_told_begin(struct postgres_told *told, struct postgres_link *link);
/* "2 7 5 1": nodes and incarnations whose leases are there. Says how far this one has told. */
void postgres_told_beat(struct postgres_told *told, struct postgres_link *link, const char *leases);
/* A notification. */
void postgres_told_take(struct postgres_told *told, struct postgres_link *link, const char *payload);
/* Tells what waits, where it is time for it. Returns how many milliseconds that has to wait yet; -1: there is nothing. */
int postgres_told_run(struct postgres_told *told, struct postgres_link *link);

#endif
