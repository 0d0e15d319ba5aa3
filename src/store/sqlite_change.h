/* What changes stored entries in SQLite: edits, deletions, reactions, and time.
 *
 * Layer: store. Threads: the chat thread's alone. Return codes of store.h; nothing rolls back by itself. */
#ifndef BRUSIO_STORE_SQLITE_CHANGE_H
#define BRUSIO_STORE_SQLITE_CHANGE_H

#include "base/limits.h"
#include "store/store.h"

#include <sqlite3.h>

/* As store_ops.find_entry; the name is put into `name`. */
int sqlite_find_entry(sqlite3 *db, int64_t room_id, uint64_t seq, struct entry *entry,
		      char name[LIMIT_NAME_BYTES]);

/* Does to the target what an edit, a deletion or a reaction says. `user` is whose reaction it is. */
int sqlite_apply_change(sqlite3 *db, const struct entry *entry, const char *user);

/* As store_ops.purge. */
int sqlite_purge(sqlite3 *db, int64_t room_id, int64_t before_ms, size_t limit, uint64_t *purged_seq);

/* As store_ops.forget_sends; `swept` is how far the round has come: owned strings, NULL at its beginning. */
#define SWEPT_COLUMNS 3
int sqlite_forget_sends(sqlite3 *db, char *swept[SWEPT_COLUMNS], int64_t before_ms, size_t limit,
			bool *is_done);

#endif
