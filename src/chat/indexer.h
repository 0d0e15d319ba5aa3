/* The thread that keeps the search index up behind the commits.
 *
 * Layer: chat. Threads: woken by the chat thread, which never waits for it. */
#ifndef BRUSIO_CHAT_INDEXER_H
#define BRUSIO_CHAT_INDEXER_H

#include "store/store.h"

struct indexer;

struct indexer *indexer_start(struct store *store);
/* There are new entries, or texts to forget. */
void indexer_wake(struct indexer *indexer);
void indexer_stop(struct indexer *indexer);

#endif
