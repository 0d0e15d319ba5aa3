/* Invitation links in SQLite: struct store_link.
 *
 * Layer: store, private to SQLite's. Threads: the one that owns the writer. */
#ifndef BRUSIO_STORE_SQLITE_LINK_H
#define BRUSIO_STORE_SQLITE_LINK_H

#include "store/sqlite/sqlite_writer.h"

int sqlite_put_link(struct sqlite_writer *writer, struct store_command *command);
int sqlite_use_link(struct sqlite_writer *writer, struct store_command *command);
int sqlite_drop_link(struct sqlite_writer *writer, struct store_command *command);

int sqlite_find_link(struct sqlite_writer *writer, struct store_query *query);
int sqlite_list_links(struct sqlite_writer *writer, struct store_query *query);
int sqlite_list_used_links(struct sqlite_writer *writer, struct store_query *query);

#endif
