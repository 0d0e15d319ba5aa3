/* Care of the data: what an administrator does with the database, with or without a server running on it.
 *
 * Layer: store. Threads: one. All return 0, or -1 with `problem` filled in: what, why, what to do. */
#ifndef BRUSIO_STORE_SQLITE_ADMIN_H
#define BRUSIO_STORE_SQLITE_ADMIN_H

#include "base/entry.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdio.h>

struct sqlite_admin;

#define ADMIN_PROBLEM_BYTES 1024

/* Opens the database of the directory, which must exist; a server may be running on it. */
int sqlite_admin_open(const char *directory, struct sqlite_admin **made, char *problem);
void sqlite_admin_close(struct sqlite_admin *admin);

/* Accounts, by any spelling of the name. `password` is a hash. */
int sqlite_admin_add_user(struct sqlite_admin *admin, const char *name, const char *password, char *problem);
int sqlite_admin_set_password(struct sqlite_admin *admin, const char *name, const char *password,
			      char *problem);
int sqlite_admin_set_admin(struct sqlite_admin *admin, const char *name, bool on, char *problem);
int sqlite_admin_delete_user(struct sqlite_admin *admin, const char *name, char *problem);
int sqlite_admin_list_users(struct sqlite_admin *admin, FILE *to, char *problem);

/* A consistent copy, made while others write. `file` must not exist. */
int sqlite_admin_backup(struct sqlite_admin *admin, const char *file, char *problem);

/* Puts a backup in place of the directory's database, under a new epoch, so that clients load anew. What was
 * there is kept beside it, under the name that `kept` gets ("" where there was none). No server may run on
 * it. */
int sqlite_admin_restore(const char *directory, const char *file, char kept[512], char *problem);
/* True where one has moved the old database away and not put the new one in its place. */
bool sqlite_restore_was_cut_off(const char *database);

/* Verifies every promise that the database can show, and says on `to` what is wrong. *found: how many. */
int sqlite_admin_check(struct sqlite_admin *admin, FILE *to, int *found, char *problem);

/* Shows entries in the order of storing: of one room or all (NULL), from `since_ms` on. */
int sqlite_admin_export(struct sqlite_admin *admin, const char *room, int64_t since_ms,
			store_visit_entry *visit, void *context, char *problem);

#endif
