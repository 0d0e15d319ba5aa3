/* Passkeys in the database: the commands and the questions about struct store_passkey.
 *
 * Layer: store, private to it. Threads: the writer's. */
#ifndef BRUSIO_STORE_SQLITE_PASSKEY_H
#define BRUSIO_STORE_SQLITE_PASSKEY_H

#include "store/sqlite/sqlite_writer.h"

int sqlite_put_passkey(struct sqlite_writer *writer, struct store_command *command);
int sqlite_use_passkey(struct sqlite_writer *writer, struct store_command *command);
int sqlite_drop_passkey(struct sqlite_writer *writer, struct store_command *command);

int sqlite_find_passkey(struct sqlite_writer *writer, struct store_query *query);
int sqlite_list_passkeys(struct sqlite_writer *writer, struct store_query *query);

#endif
