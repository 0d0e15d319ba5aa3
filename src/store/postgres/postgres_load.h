/* Shows what the database holds as the commands that would make it, and what other processes have changed.
 *
 * Layer: store, private to it. Threads: the link's. All return STORE_OK or STORE_FAILED, as the link says. */
#ifndef BRUSIO_STORE_POSTGRES_LOAD_H
#define BRUSIO_STORE_POSTGRES_LOAD_H

#include "store/postgres/postgres_link.h"
#include "store/store.h"

/* `node`: this one of several; 0: there is one server. *seen: the newest note of another process at the beginning. */
int postgres_load(struct postgres_link *link, int64_t node, int64_t *seen, store_visit *visit, void *context);
/* The notes behind `after`, as rows for postgres_load_notes(); NULL: failed. */
PGresult *postgres_load_new_notes(struct postgres_link *link, int64_t after);
int postgres_load_notes(struct postgres_link *link, int64_t node, const PGresult *notes, int64_t *seen,
			store_visit *visit, void *context);

/* Reads what is stored now of all that the note of another node's batch names. */
int postgres_load_note(struct postgres_link *link, int64_t node, const char *note, store_visit *visit,
		       void *context);
/* The guests and sessions that this node lets end: some were another one's. */
int postgres_load_adopted(struct postgres_link *link, int64_t node, store_visit *visit, void *context);
/* Entries of a room, as STORE_APPEND. */
int postgres_load_entries(struct postgres_link *link, int64_t room_id, uint64_t after, uint64_t before,
			  store_visit *visit, void *context);

#endif
