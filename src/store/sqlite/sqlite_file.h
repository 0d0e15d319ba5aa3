/* Files in SQLite: their rows, which message each belongs to, and the notes of those whose bytes must go.
 *
 * Layer: store, private to it. Threads: the writer's. Return codes of store.h. */
#ifndef BRUSIO_STORE_SQLITE_FILE_H
#define BRUSIO_STORE_SQLITE_FILE_H

#include "store/sqlite/sqlite_writer.h"

/* Commands. */
int sqlite_add_file(struct sqlite_writer *writer, struct store_command *command);
int sqlite_sweep_files(struct sqlite_writer *writer, struct store_command *command);

/* Answer STORE_FIND_FILE, STORE_COUNT_FILES, STORE_LIST_FILES, STORE_LIST_DROPPED. */
int sqlite_list_files(struct sqlite_writer *writer, struct store_query *query);
int sqlite_find_file(struct sqlite_writer *writer, struct store_query *query);
int sqlite_count_files(struct sqlite_writer *writer, struct store_query *query);
int sqlite_list_dropped(struct sqlite_writer *writer, struct store_query *query);

/* The columns of a file as people are shown it, for entry ?1, and a row of them. `texts` is what `file` points into. */
#define SQLITE_FILES_OF_ENTRY                                                                            \
	"SELECT id, key, name, type, bytes, width, height, preview_bytes FROM files WHERE entry=?1 AND " \
	"entry<>0"                                                                                       \
	" ORDER BY place LIMIT 10"
struct sqlite_file_texts {
	char id[FILE_ID_BYTES], key[FILE_ID_BYTES], name[LIMIT_FILE_NAME_BYTES + 1], type[FILE_TYPE_BYTES];
};
void sqlite_show_file(sqlite3_stmt *row, struct sqlite_file_texts *texts, struct entry_file *file);

/* Fills in the files that the message is to have. STORE_NO_FILE: one of them cannot be had. Writes nothing. */
int sqlite_take_files(struct sqlite_writer *writer, struct entry *entry);
/* They belong to the entry from now on, in this order. */
int sqlite_attach_files(struct sqlite_writer *writer, const struct entry *entry);
/* Compares the files that this entry names with those of the stored one of the same id. STORE_OK, STORE_ID_REUSED,
 * STORE_FAILED. */
int sqlite_compare_files(struct sqlite_writer *writer, const struct entry *entry);

#endif
