/* Carries out batches of commands on one SQLite connection: a batch is one transaction.
 *
 * Layer: store, private to it. Threads: one. Functions return the codes of store.h; what has failed
 * (STORE_FAILED) takes the whole batch with it.
 *
 *  1. Nothing is committed but by sqlite_writer_run(). SQLite ends a transaction by itself when a read in it
 *     fails, and each write behind that would be a transaction of its own: a hook makes it fail instead.
 *  2. A command that is refused has not written anything, so a group needs a savepoint only where a command
 *     behind its first one may be refused.
 *  3. ends[] is what the database holds plus the open batch; what is undone in the database is undone there.
 */
#ifndef BRUSIO_STORE_SQLITE_WRITER_H
#define BRUSIO_STORE_SQLITE_WRITER_H

#include "store/sqlite/statements.h"
#include "store/store.h"

struct moved_end {
	int64_t room_id;
	uint64_t before;
};

struct moved_read {
	int64_t person, room_id;
	uint64_t seq;
};

#define READS_CACHE 256

struct sqlite_writer {
	struct statements statements;
	uint64_t *ends; /* seq of the newest entry, by room id */
	size_t ends_capacity;
	struct moved_end *moved; /* by the open batch, in its order */
	size_t moved_count, moved_capacity;
	/* Read markers that sends have moved: written once a batch, however much somebody says in it. */
	struct moved_read *reads;
	size_t reads_count, reads_capacity, reads_mark;
	size_t reads_cache[READS_CACHE]; /* where a person's marker may be found in reads[] */
	int64_t added_person;            /* by the group under way */
	int64_t *added_rooms;            /* by the group under way, in its order */
	size_t added_rooms_count, added_rooms_capacity;
	int64_t last_entry; /* the highest entries.id among those that were removed */
	char **kept;        /* texts that results point to */
	size_t kept_count, kept_capacity;
	struct {
		int64_t person;
		char *device, *id;
	} swept; /* how far STORE_FORGET_SENDS has come */
	bool is_committing;
	bool notes_outside;   /* a server on the same database is told what changes: administration */
	int64_t outside_seen; /* the newest note of another process that was shown */
	bool has_leftovers;
};

/* Takes an open, migrated database over, which sqlite_writer_release() does not close. */
int sqlite_writer_init(struct sqlite_writer *writer, sqlite3 *db);
void sqlite_writer_release(struct sqlite_writer *writer);

/* Stores the batch, fills in its results and calls done(). */
void sqlite_writer_run(struct sqlite_writer *writer, struct store_batch *batch);

/* --- for the commands --- */

/* The end of the room's log, to read and to write. */
uint64_t *sqlite_writer_end(struct sqlite_writer *writer, int64_t room_id);
void sqlite_writer_move_end(struct sqlite_writer *writer, int64_t room_id, uint64_t seq);
void sqlite_writer_move_read(struct sqlite_writer *writer, int64_t person, int64_t room_id, uint64_t seq);

/* A copy that lives until done() has returned. */
const char *sqlite_writer_keep(struct sqlite_writer *writer, const char *text);

void sqlite_writer_add_room(struct sqlite_writer *writer, int64_t room_id);
/* Fill in a number that an earlier command of the group has made; either may be NULL. */
void sqlite_writer_resolve(const struct sqlite_writer *writer, int64_t *person, int64_t *room_id);

#endif
