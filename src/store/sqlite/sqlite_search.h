/* The search index: FTS5 in a database file of its own, search.db, which can be made anew at any time.
 *
 * Layer: store. Threads: a connection belongs to the thread that opened it.
 *
 * The index is cut into segments of SEARCH_SEGMENT entries, a table each: a search goes through them newest
 * first and stops when it has enough; a text that must be forgotten costs the making anew of one segment,
 * which takes its words out of the file (FTS5 of this age leaves deleted words in its index otherwise).
 *
 *   meta(key, value)                    epoch of the history, format, last_id: the newest entry that is
 * indexed segments(number, first_ms, last_ms) the segments, and between which times their messages were said
 *   segment_N(body, tags)               FTS5 without the texts
 *
 * A document is a message or an edit, by its entries.id; an edit stands for the message that it changes.
 * `body` has the words of its text (base/text/words.h) and of its files' names, `tags` words that no text has: the
 * room, the author's name, whether there is a link, and whether there is a file. */
#ifndef BRUSIO_STORE_SQLITE_SEARCH_H
#define BRUSIO_STORE_SQLITE_SEARCH_H

#include "base/text/words.h"
#include "store/store.h"

#include <sqlite3.h>

#define SEARCH_SEGMENT 65536

/* The format of tables, tags and words: an index of another one is made anew. */
#define SEARCH_FORMAT (WORDS_VERSION * 1000 + 2)

#define SEARCH_TAG_ROOM "r" /* followed by its number; no other tag begins so */
#define SEARCH_TAG_LINK "hl"
#define SEARCH_TAG_FILE "hf"

#define SEARCH_PATH_BYTES 4200
/* The index that belongs to the chat database `path`. */
void search_path(const char *path, char index[SEARCH_PATH_BYTES]);

#define SEARCH_TAG_BYTES 18 /* a letter and 64 bits in hexadecimal */
/* The tag of an author, by the folded name. */
void search_name_tag(const char *folded, char tag[SEARCH_TAG_BYTES]);

/* Opens the index for searching. STORE_NONE: there is none yet, or one of another format. */
int sqlite_search_open(const char *path, sqlite3 **index);
/* True where the index was thrown away since it was opened, and another one is being made. */
bool sqlite_search_is_gone(sqlite3 *index);

/* The newest entry that is indexed; 0 where nothing is, or where it cannot be read: an SQLite error then. */
int sqlite_search_last_id(sqlite3 *index, int64_t *id);

/* Shows ids of documents that match, newest first, until `hit` returns false. end->next is filled in where
 * the time for it was over before. STORE_NONE: nobody of the name `from` has ever said anything. */
int sqlite_search_run(sqlite3 *index, const struct store_search *search,
		      bool (*hit)(void *context, int64_t id), void *context, struct store_search_end *end);

#endif
