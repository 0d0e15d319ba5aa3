/* Guests' sessions that wait for somebody to come back, by the network that they left from, in the order in which
 * they left.
 *
 * Layer: chat. Threads: the chat thread's alone. A waiter is embedded in what waits.
 *
 *  1. Each waiter is in the list of all and in that of its network; a network without waiters is not kept. */
#ifndef BRUSIO_CHAT_WAITING_H
#define BRUSIO_CHAT_WAITING_H

#include "base/table.h"

#include <stddef.h>

struct waiting_link {
	struct waiting_link *next, **at;
};

struct waiting_list {
	struct waiting_link *first, **last;
	size_t count;
};

struct waiting_network;

/* Zeroed: it does not wait. */
struct waiter {
	struct waiting_network *network;
	struct waiting_link of_all, of_network;
};

struct waiting {
	struct waiting_list all;
	struct table by_network;
};

void waiting_init(struct waiting *waiting);
/* All waiters must have been removed. */
void waiting_release(struct waiting *waiting);

/* It is the last to have left. */
void waiting_add(struct waiting *waiting, struct waiter *waiter, const char *address);
/* Does nothing where it does not wait. */
void waiting_remove(struct waiting *waiting, struct waiter *waiter);

/* The waiter that has to go since too many wait: where `address` has more than `most_here`, the one that left it
 * first. Where all have more than `most`, too; only the single waiter of an address takes the place of the one who
 * left first anywhere. NULL: there is room. */
struct waiter *waiting_surplus(const struct waiting *waiting, const char *address, size_t most,
			       size_t most_here);

#endif
