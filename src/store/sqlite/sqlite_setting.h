/* Rows that accounts keep about themselves: struct store_setting, struct store_profile.
 *
 * Layer: store, private to SQLite. Threads: the writer's. */
#ifndef BRUSIO_STORE_SQLITE_SETTING_H
#define BRUSIO_STORE_SQLITE_SETTING_H

#include "store/sqlite/sqlite_writer.h"

int sqlite_put_setting(struct sqlite_writer *writer, struct store_command *command);

int sqlite_put_profile(struct sqlite_writer *writer, struct store_command *command);

int sqlite_list_settings(struct sqlite_writer *writer, struct store_query *query);

#endif
