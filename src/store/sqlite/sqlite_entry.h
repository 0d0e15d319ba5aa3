/* Entries in SQLite: appending them, what they do to those before them, and retention.
 *
 * Layer: store, private to it. Threads: the writer's. Return codes of store.h. */
#ifndef BRUSIO_STORE_SQLITE_ENTRY_H
#define BRUSIO_STORE_SQLITE_ENTRY_H

#include "store/sqlite/sqlite_writer.h"

/* Commands. */
int sqlite_append(struct sqlite_writer *writer, struct store_command *command);
int sqlite_purge(struct sqlite_writer *writer, struct store_command *command);

/* Answers STORE_FIND_SEND. */
int sqlite_find_send(struct sqlite_writer *writer, struct entry *entry, const struct store_send_id *send_id);
/* Answers STORE_FIND_ENTRY. */
int sqlite_find_entry(struct sqlite_writer *writer, int64_t room_id, uint64_t seq, struct entry *entry);

/* Answers STORE_LIST_EDITS. */
int sqlite_list_edits(struct sqlite_writer *writer, struct store_query *query);

/* Empties edits of a deleted message, newest first from *seq on, at most `limit`. *seq: the next one; 0:
 * there is none. */
int sqlite_empty_edits(struct sqlite_writer *writer, int64_t room_id, uint64_t *seq, size_t limit);

/* Takes the text out of an entry that a later edit has replaced. */
int sqlite_replace_text(struct sqlite_writer *writer, int64_t room_id, uint64_t seq);

/* The text of a row of entries as it is shown: one that was replaced reads as its message does now. */
#define SQLITE_TEXT_SHOWN(row)                                                                         \
	"iif(" row ".flags&4100=4096, (SELECT newest.text FROM entries said JOIN entries newest ON"    \
	" newest.room=said.room AND newest.seq=said.latest WHERE said.room=" row ".room AND said.seq=" \
	"iif(" row ".kind=2, " row ".ref, " row ".seq)), " row ".text)"

/* Removes a room's entries up to this one, with all that hangs on them. */
int sqlite_remove_up_to(struct sqlite_writer *writer, int64_t room_id, uint64_t seq);

#endif
