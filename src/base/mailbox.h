/* A queue from many threads to one, with an eventfd to wake the one.
 *
 * Layer: base. Threads: any thread posts; only the owner takes. Items are intrusive: whoever takes an
 * item owns it. Order is kept per poster. The lock is held only for pointer moves, never over I/O.
 *
 *  1. An item posted before a take is in that take or in an earlier one.
 *  2. The eventfd is readable whenever the queue is not empty. */
#ifndef BRUSIO_BASE_MAILBOX_H
#define BRUSIO_BASE_MAILBOX_H

#include <pthread.h>
#include <stddef.h>

struct mail {
	struct mail *next;
};

/* A private chain that a thread fills during a turn and posts as one. */
struct mail_chain {
	struct mail *first;
	struct mail **last; /* where the next goes; NULL means `first` */
	size_t count;
};

struct mailbox {
	pthread_mutex_t lock;
	struct mail_chain waiting; /* under lock */
	int fd;                    /* eventfd, non-blocking */
};

/* Returns 0 or -errno. */
int mailbox_init(struct mailbox *box);
/* The owner has taken everything; nobody posts any more. */
void mailbox_release(struct mailbox *box);

void mail_chain_add(struct mail_chain *chain, struct mail *item);

/* Puts all of `from` behind what is in `to`. */
void mail_chain_move(struct mail_chain *to, struct mail_chain *from);

/* Moves all of `chain` to the box and leaves the chain empty. */
void mailbox_post(struct mailbox *box, struct mail_chain *chain);
void mailbox_post_one(struct mailbox *box, struct mail *item);

/* Takes all that waits, oldest first, as a NULL-ended list; NULL where nothing waits. */
struct mail *mailbox_take(struct mailbox *box);

/* The same without a system call: for more, soon after a take. The next wait may return for nothing. */
struct mail *mailbox_take_more(struct mailbox *box);

/* Makes the owner's wait return although nothing was posted. */
void mailbox_wake(struct mailbox *box);

/* Blocks until something waits or `timeout_ms` passed (-1: for ever). EINTR counts as passed. */
void mailbox_wait(struct mailbox *box, int timeout_ms);

/* How many items wait; a snapshot for counters. */
size_t mailbox_length(struct mailbox *box);

#endif
