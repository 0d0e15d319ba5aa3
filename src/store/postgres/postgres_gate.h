/* Keeps what was read from being shown before it is known to be stored for good.
 *
 * What PostgreSQL makes visible need not be on its standby: a commit whose wait for it was cut off is visible, and so is
 * one that waited when the server died and came again. Only a batch of this server can be so, and its writer knows of
 * each of them whether its outcome is known. So who has read waits until all batches that were sent before are.
 *
 *   writer:  send()                     know()
 *   reader:        reads  pass() waits........ shows
 *
 * Layer: store, private to it. Threads: any. */
#ifndef BRUSIO_STORE_POSTGRES_GATE_H
#define BRUSIO_STORE_POSTGRES_GATE_H

#include "store/postgres/postgres_link.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define POSTGRES_GATE_MS 5000 /* that the outcome of a batch may be unknown before its readers give up */

struct postgres_gate {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	int64_t sent, known; /* batches */
	int64_t sent_ms;     /* when the last one was sent */
	int64_t wait_ms;     /* POSTGRES_GATE_MS */
	bool is_shut;        /* nothing is shown any more */
	/* Other nodes write, too, whose batches are not known here: who has read asks for a postgres_barrier(), too. */
	bool is_shared, needs_standby;
};

void postgres_gate_init(struct postgres_gate *gate);
void postgres_gate_release(struct postgres_gate *gate);

/* A batch is sent; it is known what became of the one that was sent last. */
void postgres_gate_send(struct postgres_gate *gate);
void postgres_gate_know(struct postgres_gate *gate);
/* The server ends: nobody waits any more. */
void postgres_gate_shut(struct postgres_gate *gate);

/* Called behind a read. True where what it has found may be shown; false where that is not known in time. */
bool postgres_gate_pass(struct postgres_gate *gate);
/* The same for what was read by this link, also of what other nodes have stored. */
bool postgres_gate_pass_link(struct postgres_gate *gate, struct postgres_link *link);

#endif
