#include "chat/indexer.h"

#include "base/logging.h"
#include "base/mailbox.h"
#include "base/memory.h"

#include <pthread.h>
#include <stdlib.h>

#define ENTRIES_PER_STEP 2000
/* Between looks for work that nobody woke it for: what another process deleted, or a failed step. */
#define REST_MS 5000
/* Under load: let entries gather, so that a step is worth its transaction. */
#define GATHER_MS 50

struct indexer {
	struct store *store;
	struct mailbox box; /* carries no mail, only wakes */
	_Atomic bool is_stopping;
	pthread_t thread;
};

/* Works until nothing is left; false where that failed. */
static bool work(struct indexer *indexer, struct store_indexer *index)
{
	size_t did = 1;
	while (did && !indexer->is_stopping)
		if (index->ops->step(index, ENTRIES_PER_STEP, &did) != STORE_OK)
			return false;
	return true;
}

static void *run_indexer(void *context)
{
	pthread_setname_np(pthread_self(), "indexer");
	struct indexer *indexer = context;
	struct store_indexer *index = NULL;
	while (!indexer->is_stopping) {
		if (!index && indexer->store->ops->indexer_open(indexer->store, &index) != STORE_OK)
			index = NULL;
		if (index && !work(indexer, index)) {
			/* A new connection may help: the disk was full, the file was replaced. */
			index->ops->close(index);
			index = NULL;
		}
		mailbox_wait(&indexer->box, REST_MS);
		mailbox_take(&indexer->box);
		if (!indexer->is_stopping)
			mailbox_wait(&indexer->box, GATHER_MS);
	}
	if (index)
		index->ops->close(index);
	return NULL;
}

struct indexer *indexer_start(struct store *store)
{
	struct indexer *indexer = mem_zero(sizeof *indexer);
	indexer->store = store;
	if (!store->ops->indexer_open || mailbox_init(&indexer->box)) {
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
	if (indexer)
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
