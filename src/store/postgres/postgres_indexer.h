/* Indexes what PostgreSQL holds, in the same index as that of SQLite: each step brings some entries into a database in
 * memory, from which sqlite_indexer.h takes them.
 *
 * Ids are drawn before they are committed, so a lower one may become visible after a higher one. The index follows a
 * horizon instead: ids up to one that was drawn when every transaction that could hold a lower one is over.
 *
 * Layer: store, private to it. Threads: the one that opened it. */
#ifndef BRUSIO_STORE_POSTGRES_INDEXER_H
#define BRUSIO_STORE_POSTGRES_INDEXER_H

#include "store/postgres/postgres_gate.h"
#include "store/postgres/postgres_link.h"
#include "store/store.h"

/* `path`: a name in the directory where the index is. STORE_OK or STORE_FAILED. */
int postgres_indexer_open(struct postgres_place *place, struct postgres_gate *gate, const char *path,
			  const char *epoch, struct store_indexer **made);

#endif
