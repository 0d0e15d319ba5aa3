/* Browsers that are told while nobody looks at their page there. They go with their tokens: a trigger of the schema.
 *
 * Layer: store. */
#ifndef BRUSIO_STORE_SQLITE_PUSH_H
#define BRUSIO_STORE_SQLITE_PUSH_H

#include "store/sqlite/sqlite_writer.h"

int sqlite_put_push(struct sqlite_writer *writer, struct store_command *command);
int sqlite_drop_push(struct sqlite_writer *writer, struct store_command *command);
int sqlite_list_pushes(struct sqlite_writer *writer, struct store_query *query);

#endif
