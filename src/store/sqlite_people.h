/* Accounts, tokens, memberships, sanctions and their record in SQLite.
 *
 * Layer: store. Threads: the chat thread's alone, like the connection. Return codes of store.h; the writes do
 * not roll back by themselves: sqlite.c does. */
#ifndef BRUSIO_STORE_SQLITE_PEOPLE_H
#define BRUSIO_STORE_SQLITE_PEOPLE_H

#include "store/store.h"

#include <sqlite3.h>

int sqlite_add_account(sqlite3 *db, const struct store_account *account, int64_t *id);
int sqlite_rename_account(sqlite3 *db, int64_t account, const char *name, const char *folded);
int sqlite_set_password(sqlite3 *db, int64_t account, const char *password);
int sqlite_put_token(sqlite3 *db, int64_t account, const char *label, const unsigned char *hash);
int sqlite_drop_token(sqlite3 *db, int64_t account, const char *label, unsigned char *hash);
int sqlite_put_member(sqlite3 *db, const struct store_member *member);
int sqlite_drop_member(sqlite3 *db, int64_t account, int64_t room_id);
int sqlite_put_sanction(sqlite3 *db, const struct store_sanction *sanction);
int sqlite_drop_sanction(sqlite3 *db, const struct store_sanction *sanction);
int sqlite_put_block(sqlite3 *db, int64_t account, int64_t blocked, bool on);
int sqlite_add_deed(sqlite3 *db, const struct store_deed *deed);

int sqlite_load_people(sqlite3 *db, const struct store_people *people);
int sqlite_find_password(sqlite3 *db, int64_t account, char *password, size_t bytes);
int sqlite_find_token(sqlite3 *db, const unsigned char *hash, int64_t *account);
int sqlite_list_tokens(sqlite3 *db, int64_t account, void (*visit)(void *context, const char *label),
		       void *context);
int64_t sqlite_foreign_version(sqlite3 *db);

#endif
