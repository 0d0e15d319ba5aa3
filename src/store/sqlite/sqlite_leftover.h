/* Rows that are gone for everybody and not out of the database yet: a big room, the older edits of a deleted
 * message, what edits replaced, the sends of somebody who left. Each is removed in steps, so that nobody waits for it, and
 * readers are not shown it meanwhile.
 *
 * Layer: store, private to it. Threads: the writer's. Return codes of store.h. */
#ifndef BRUSIO_STORE_SQLITE_LEFTOVER_H
#define BRUSIO_STORE_SQLITE_LEFTOVER_H

#include "store/sqlite/sqlite_writer.h"

#define LEFTOVER_STEP 250 /* rows that are removed at once: some milliseconds */

/* In databases: never renumber. */
enum leftover_kind {
	LEFTOVER_EDITS = 1,  /* number: a room, seq: the deleted message, next: the edit that is next */
	LEFTOVER_PERSON = 2, /* number: a person that is gone */
	LEFTOVER_ROOM = 3,   /* number: a room that is marked as removed */
	LEFTOVER_KEPT =
	    4 /* number: a room that keeps nothing that edits replace any more, next: behind the edits */
};

/* Each notes what is left, and removes the first step of it. */
int leftover_add_edits(struct sqlite_writer *writer, int64_t room_id, uint64_t seq, uint64_t next);
int leftover_add_person(struct sqlite_writer *writer, int64_t person);
int leftover_add_kept(struct sqlite_writer *writer, int64_t room_id);
int leftover_add_room(struct sqlite_writer *writer, int64_t room_id);

/* Looks whether there is any; where that fails, has_leftovers stays. */
void leftover_look(struct sqlite_writer *writer);

/* A command: send ids, and what is left over. */
int sqlite_forget_sends(struct sqlite_writer *writer, struct store_command *command);

#endif
