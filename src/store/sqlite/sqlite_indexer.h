/* The making of the search index (sqlite_search.h says what it is).
 *
 * Layer: store. Threads: an indexer belongs to the thread that opened it. */
#ifndef BRUSIO_STORE_SQLITE_INDEXER_H
#define BRUSIO_STORE_SQLITE_INDEXER_H

#include "store/store.h"

#include <sqlite3.h>

/* `path` is the chat database's; the index stands beside it. An index of another epoch or of another format
 * is thrown away and begun anew. So is one that is damaged: the opening or step that finds it so fails, and
 * the next one begins anew. */
/* `chat`: what has the entries, `path` where it is NULL; ":memory:" where somebody else puts them there. */
int sqlite_indexer_open(const char *path, const char *epoch, const char *chat,
			struct store_indexer **indexer);
/* The index as "main", and what has the entries as "chat". */
sqlite3 *sqlite_indexer_database(struct store_indexer *indexer);

#endif
