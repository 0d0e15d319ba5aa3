#include "chat/indexer.h"

#include "base/logging.h"
#include "base/mailbox.h"
#include "base/memory.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#define ENTRIES_PER_STEP 2000
/* Between looks for work that nobody woke it for: what another process deleted, or a failed step. */
#define REST_MS 5000
/* Between a wake and the work: entries gather, so that a step is worth its transaction. */
#define GATHER_MS 50
/* Between steps. While it reads, the store cannot begin its write-ahead log anew, which grows: a pause in
 * which a commit finds no reader keeps that short. */
#define PAUSE_MS 10

/* From 0 to 19: it gets what the others leave, and a little where they leave nothing. */
#define NICENESS 10

struct indexer {
	struct store *store;
	struct mailbox box; /* carries no mail, only wakes */
	_Atomic bool is_stopping;
	_Atomic bool is_woken; /* it will look, so that it need not be woken again */
	pthread_t thread;
};

static void pause_ms(long ms)
{
	nanosleep(&(struct timespec){.tv_nsec = ms * 1000000}, NULL);
}

/* Works until nothing is left; false where that failed. */
static bool work(struct indexer *indexer, struct store_indexer *index)
{
	size_t did = 1;
	while (did && !indexer->is_stopping) {
		if (index->ops->step(index, ENTRIES_PER_STEP, &did) != STORE_OK)
			return false;
		if (did >= ENTRIES_PER_STEP && !indexer->is_stopping)
			pause_ms(PAUSE_MS);
	}
	return true;
}

static struct store_indexer *indexer_open_index(struct indexer *indexer)
{
	struct store_indexer *index;
	return indexer->store->ops->indexer_open(indexer->store, &index) == STORE_OK ? index : NULL;
}

static void *run_indexer(void *context)
{
	pthread_setname_np(pthread_self(), "indexer");
	struct indexer *indexer = context;
	struct store_indexer *index = indexer_open_index(indexer);
	/* A search can wait; a send must not. Under a flood the index lags, and catches up behind it.
	 * On Linux this is about the calling thread alone. */
	if (setpriority(PRIO_PROCESS, 0, NICENESS))
		LOG_WARN("search.priority", "error=\"%m\"");
	while (!indexer->is_stopping) {
		if (!index)
			index = indexer_open_index(indexer);
		if (index && !work(indexer, index)) {
			/* A new connection may help: the disk was full, the file was replaced. */
			index->ops->close(index);
			index = NULL;
		}
		mailbox_wait(&indexer->box, REST_MS);
		if (!indexer->is_stopping)
			pause_ms(GATHER_MS);
		mailbox_take(&indexer->box);
		/* Set back before the work begins: what is stored from now on wakes it again. */
		indexer->is_woken = false;
	}
	if (index)
		index->ops->close(index);
	return NULL;
}

struct indexer *indexer_start(struct store *store)
{
	struct indexer *indexer = mem_zero(sizeof *indexer);
	indexer->store = store;
	if (mailbox_init(&indexer->box)) {
		free(indexer);
		return NULL;
	}
	if (pthread_create(&indexer->thread, NULL, run_indexer, indexer)) {
		LOG_ERROR("search.thread", "error=\"%m\" effect=\"nothing new is found by searches\"");
		mailbox_release(&indexer->box);
		free(indexer);
		return NULL;
	}
	return indexer;
}

void indexer_wake(struct indexer *indexer)
{
	assert(indexer);
	if (indexer && !atomic_exchange(&indexer->is_woken, true))
		mailbox_wake(&indexer->box);
}

void indexer_stop(struct indexer *indexer)
{
	if (!indexer)
		return;
	indexer->is_stopping = true;
	mailbox_wake(&indexer->box);
	pthread_join(indexer->thread, NULL);
	mailbox_release(&indexer->box);
	free(indexer);
}
