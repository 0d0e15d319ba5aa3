/* FTS5's view of base/text/words.h: the tokenizer "brusio", which each connection to the search index needs.
 *
 * Layer: store. Threads: as the connection. */
#ifndef BRUSIO_STORE_SQLITE_TOKENIZER_H
#define BRUSIO_STORE_SQLITE_TOKENIZER_H

#include <sqlite3.h>

#define SQLITE_TOKENIZER "brusio"

/* Makes the tokenizer known to the connection. Returns an SQLite result code. */
int sqlite_tokenizer_register(sqlite3 *db);

#endif
