/* Second factors in the database: the commands and the question about struct store_factor.
 *
 * Layer: store, private to it. Threads: the writer's. */
#ifndef BRUSIO_STORE_SQLITE_FACTOR_H
#define BRUSIO_STORE_SQLITE_FACTOR_H

#include "store/sqlite/sqlite_writer.h"

int sqlite_put_factor(struct sqlite_writer *writer, struct store_command *command);
int sqlite_drop_factor(struct sqlite_writer *writer, struct store_command *command);
int sqlite_use_factor(struct sqlite_writer *writer, struct store_command *command);
int sqlite_use_recovery(struct sqlite_writer *writer, struct store_command *command);

/* STORE_OK, STORE_NONE or STORE_FAILED. */
int sqlite_find_factor(struct sqlite_writer *writer, int64_t person, struct store_factor *found);

#endif
