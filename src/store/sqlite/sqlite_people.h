/* Persons in SQLite, and what is theirs alone: sessions, tokens, blocks.
 *
 * Layer: store, private to it. Threads: the writer's. All are commands of store.h. */
#ifndef BRUSIO_STORE_SQLITE_PEOPLE_H
#define BRUSIO_STORE_SQLITE_PEOPLE_H

#include "store/sqlite/sqlite_writer.h"

int sqlite_add_person(struct sqlite_writer *writer, struct store_command *command);
int sqlite_rename_person(struct sqlite_writer *writer, struct store_command *command);
int sqlite_make_account(struct sqlite_writer *writer, struct store_command *command);
int sqlite_set_password(struct sqlite_writer *writer, struct store_command *command);
int sqlite_set_admin(struct sqlite_writer *writer, struct store_command *command);
int sqlite_set_disabled(struct sqlite_writer *writer, struct store_command *command);
int sqlite_remove_person(struct sqlite_writer *writer, struct store_command *command);

int sqlite_put_session(struct sqlite_writer *writer, struct store_command *command);
int sqlite_see_session(struct sqlite_writer *writer, struct store_command *command);
int sqlite_need_session(struct sqlite_writer *writer, struct store_command *command);
int sqlite_need_password(struct sqlite_writer *writer, struct store_command *command);
int sqlite_drop_session(struct sqlite_writer *writer, struct store_command *command);
int sqlite_drop_sessions(struct sqlite_writer *writer, struct store_command *command);

int sqlite_put_token(struct sqlite_writer *writer, struct store_command *command);
int sqlite_drop_token(struct sqlite_writer *writer, struct store_command *command);
int sqlite_drop_tokens(struct sqlite_writer *writer, struct store_command *command);

int sqlite_put_block(struct sqlite_writer *writer, struct store_command *command);

#endif
