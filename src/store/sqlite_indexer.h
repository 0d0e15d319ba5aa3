/* The making of the search index (sqlite_search.h says what it is).
 *
 * Layer: store. Threads: an indexer belongs to the thread that opened it. */
#ifndef BRUSIO_STORE_SQLITE_INDEXER_H
#define BRUSIO_STORE_SQLITE_INDEXER_H

#include "store/store.h"

/* `path` is the chat database's; the index stands beside it. An index of another epoch or of another format
 * is thrown away and begun anew. So is one that is damaged: the opening or step that finds it so fails, and
 * the next one begins anew. */
int sqlite_indexer_open(const char *path, const char *epoch, struct store_indexer **indexer);

#endif
