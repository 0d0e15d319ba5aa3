/* A node: one of several servers on a PostgreSQL. Finds what the others have stored, in the order of each, and how far
 * this one's rooms have come.
 *
 *   a batch of another node: (node, incarnation, n), rooms and their ends, notes --poll()--> news: entries, changes
 *
 *  1. News of another node come in the order of its batches, each once, also where nobody has told of them.
 *  2. A change is what is stored of its object when it is read, behind all batches of this node that have come back, so
 *     that news and batches that reach the chat in the order of the writer never take it back to an earlier state.
 *  3. Entries of a room that is followed come without a gap behind those that were given before: other nodes' entries
 *     before those of an own batch, too.
 *
 * Layer: store, private to it. Threads: follow() any, all else the writer's, or the one that opens the store. */
#ifndef BRUSIO_STORE_POSTGRES_NODE_H
#define BRUSIO_STORE_POSTGRES_NODE_H

#include "base/table.h"
#include "store/postgres/postgres_link.h"
#include "store/postgres/postgres_news.h"

#include <pthread.h>

/* How far this node has seen another one's batches. */
struct postgres_position {
	int64_t node, incarnation, n;
};

struct postgres_node {
	int64_t id, incarnation;        /* id 0: it is none, there is one server */
	struct postgres_position *seen; /* owned */
	size_t count, capacity;
	_Atomic bool adopts;   /* another node was fenced: its guests are this one's now */
	pthread_mutex_t mutex; /* for what follows */
	struct table followed; /* of struct followed_room */
};

void postgres_node_init(struct postgres_node *node);
void postgres_node_release(struct postgres_node *node);

/* Begins another start of the node of this name (NULL: of the one server). 0, or -1 with `problem`. */
int postgres_node_begin(struct postgres_node *node, struct postgres_link *link, const char *name,
			char *problem, size_t problem_bytes);
/* Notes what there is before everything is loaded. 0 or -1. */
int postgres_node_look(struct postgres_node *node, struct postgres_link *link);

/* The log of the room is known up to end_seq, and its entries are wanted; or are not any more. */
void postgres_node_follow(struct postgres_node *node, int64_t room_id, uint64_t end_seq, bool is_on);

/* Adds what others have stored; it may be shown. -1: that cannot be asked or may not be shown yet, and is found again by
 * the next call. *has_more: there is more than one call takes. */
int postgres_node_poll(struct postgres_node *node, struct postgres_link *link, bool needs_standby,
		       struct postgres_news *news, bool *has_more);
/* Adds what others have said in the rooms of the batch, which is stored, before its own entries. 0 or -1. */
int postgres_node_precede(struct postgres_node *node, struct postgres_link *link,
			  const struct store_batch *batch, struct postgres_news *news);
/* Adds what is stored of a room that is followed, and was not given to the chat yet; it may be shown. 0 or -1. */
int postgres_node_fetch(struct postgres_node *node, struct postgres_link *link, int64_t room_id,
			bool needs_standby, struct postgres_news *news);

#endif
