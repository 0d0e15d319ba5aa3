/* News of what other nodes have stored, on its way to the chat: commands with all that they point to.
 *
 * Layer: store, private to it. Threads: one at a time. */
#ifndef BRUSIO_STORE_POSTGRES_NEWS_H
#define BRUSIO_STORE_POSTGRES_NEWS_H

#include "base/arena.h"
#include "store/store.h"

/* Zeroed, there is nothing. */
struct postgres_news {
	struct arena arena;
	struct store_command *commands; /* owned */
	size_t count, capacity;
};

void postgres_news_release(struct postgres_news *news);
/* Adds a copy of a command as postgres_load.h shows it: a store_visit, whose context is the news. */
void postgres_news_add(void *news, const struct store_command *command);

#endif
