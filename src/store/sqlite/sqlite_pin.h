/* The pinned messages of rooms in SQLite: struct store_pin.
 *
 * Layer: store, private to SQLite's. Threads: the one that owns the writer. */
#ifndef BRUSIO_STORE_SQLITE_PIN_H
#define BRUSIO_STORE_SQLITE_PIN_H

#include "store/sqlite/sqlite_writer.h"

int sqlite_put_pin(struct sqlite_writer *writer, struct store_command *command);
int sqlite_drop_pin(struct sqlite_writer *writer, struct store_command *command);
int sqlite_list_pins(struct sqlite_writer *writer, struct store_query *query);

#endif
