/* A small pool of threads for what may wait for the disk or for a password hash.
 *
 * Layer: chat. Threads: anybody posts; each job runs on one pool thread, which lends it its own reader. */
#ifndef BRUSIO_CHAT_JOBS_H
#define BRUSIO_CHAT_JOBS_H

#include "base/mailbox.h"
#include "store/store.h"

struct job {
	struct mail mail; /* first; embed the job in what it needs */
	/* Runs the job and frees it. `reader` is valid during the call; NULL where none could be opened. */
	void (*run)(struct job *job, struct store_reader *reader);
	/* Lanes take turns, a job each: what one has posted never puts another's first job behind more than
	 * one of each lane. Those in lane 0 are one lane. */
	uint64_t lane;
};

struct jobs;

/* `store` NULL: the jobs read nothing, and get no reader. */
struct jobs *jobs_start(struct store *store, unsigned threads, size_t waiting_max);
/* Runs what waits, then ends the threads. */
void jobs_stop(struct jobs *jobs);

/* How many wait now. */
size_t jobs_waiting(struct jobs *jobs);

/* False where too many wait, or the pool has ended (NULL): the caller still owns the job, and says busy. */
bool jobs_post(struct jobs *jobs, struct job *job);

#endif
