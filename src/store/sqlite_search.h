/* The search index: FTS5 in a database file of its own, search.db, which can be made anew at any time.
 *
 * Layer: store. Threads: an indexer and each search belong to the thread that opened them.
 *
 * The index is cut into segments of SEARCH_SEGMENT entries, a table each: a search goes through them newest
 * first and stops when it has enough; a text that must be forgotten costs the making anew of one segment,
 * which takes its words out of the file (FTS5 of this age leaves deleted words in its index otherwise).
 *
 * A document is a message or an edit, by its entries.id; an edit stands for the message that it changes. */
#ifndef BRUSIO_STORE_SQLITE_SEARCH_H
#define BRUSIO_STORE_SQLITE_SEARCH_H

#include "store/store.h"

#include <sqlite3.h>

#define SEARCH_SEGMENT 65536

/* `path` is the chat database's; the index stands beside it. An index of another epoch is thrown away, and so
 * is one that is damaged: the opening or step that finds it so fails, and the next one begins anew. */
int sqlite_indexer_open(const char *path, const char *epoch, struct store_indexer **indexer);

/* Opens the index for searching. STORE_NONE: there is none yet. */
int sqlite_search_open(const char *path, sqlite3 **index);
/* True where the index was thrown away since it was opened, and another one is being made. */
bool sqlite_search_is_gone(sqlite3 *index);

/* Shows ids of documents that match, newest first, until `hit` returns false. STORE_NONE: no word to look
 * for. */
int sqlite_search_run(sqlite3 *index, const struct store_search *search,
		      bool (*hit)(void *context, int64_t id), void *context);

/* The newest entry that is indexed; 0 where nothing is, or where it cannot be read: an SQLite error then. */
int sqlite_search_last_id(sqlite3 *index, int64_t *id);

#endif
