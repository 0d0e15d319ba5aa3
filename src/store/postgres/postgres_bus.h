/* A node's line to the others: hears that one of them has stored something, keeps the node's lease, and fences a node
 * whose lease is over.
 *
 *   writer: a batch is stored, then NOTIFY --PostgreSQL--> bus of each other node --wake()--> its writer: poll
 *
 *  1. NOTIFY is a statement of its own behind the commit: inside of it, it would lock out all other nodes' commits while
 *     the standby is waited for. It may be lost; so wake() is called each BUS_POLL_MS, too.
 *  2. Leases are over by PostgreSQL's clock alone. Nodes whose lease is over are fenced in the row that their batches
 *     look at, so that none of them is stored behind it.
 *  3. Nodes whose leases are there are there: what others have told holds no more behind that (postgres_told.h).
 *
 * Layer: store, private to it. Threads: one of its own; start and stop by the thread that has the store. */
#ifndef BRUSIO_STORE_POSTGRES_BUS_H
#define BRUSIO_STORE_POSTGRES_BUS_H

#include "store/postgres/postgres_node.h"
#include "store/postgres/postgres_told.h"

#include <pthread.h>
#include <stdatomic.h>

#define BUS_POLL_MS  250
#define BUS_RENEW_MS 1000
#define BUS_LEASE_S  5   /* after the last renewal */
#define BUS_START_S  120 /* of the first lease: all is loaded meanwhile, and nobody renews it yet */

struct postgres_bus {
	struct postgres_link link;
	struct postgres_node *node;
	struct postgres_told told;
	void (*wake)(void *context);
	void *context;
	_Atomic int64_t renewed_ms; /* when the lease was renewed last */
	int64_t steady_ms;          /* since when the lease has been renewed each time */
	pthread_t thread;
	bool has_thread;
	bool is_over; /* the thread's: another start of the node may write now */
	_Atomic bool is_ending;
};

void postgres_bus_init(struct postgres_bus *bus, struct postgres_place *place, struct postgres_node *node);
/* Connects where the link is closed, and listens then. 0 or -1 with the link's error. */
int postgres_bus_open(struct postgres_bus *bus);
/* The node's lease, before it is there; else another one could take it for dead. The thread's first renewal shortens it.
 * 0 or -1 with the link's error. */
int postgres_bus_take_lease(struct postgres_bus *bus);
void postgres_bus_start(struct postgres_bus *bus, void (*wake)(void *context), void *context);
void postgres_bus_stop(struct postgres_bus *bus);
/* It has been stopped. */
void postgres_bus_release(struct postgres_bus *bus);

/* Tells the others that this node has stored something; a failure is the link's, and nothing is lost by it. */
void postgres_bus_tell(const struct postgres_node *node, struct postgres_link *link);

#endif
