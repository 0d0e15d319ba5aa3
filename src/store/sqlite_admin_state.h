/* The inside of an administration, for the files that share it.
 *
 * Layer: store, private to it. Threads: one. */
#ifndef BRUSIO_STORE_SQLITE_ADMIN_STATE_H
#define BRUSIO_STORE_SQLITE_ADMIN_STATE_H

#include "store/sqlite_admin.h"
#include "store/sqlite_writer.h"

struct sqlite_admin {
	sqlite3 *db;
	struct sqlite_writer writer;
	char directory[4096];
};

/* Fill in the problem, and return -1. */
int sqlite_admin_fail(char *problem, const char *what, const char *why);
int sqlite_admin_fail_db(struct sqlite_admin *admin, char *problem, const char *what);

/* Carries out commands that stand or fall together; a server that runs hears of it. STORE_OK, or the result
 * of the one that was refused. */
int sqlite_admin_carry_out(struct sqlite_admin *admin, struct store_command *commands, size_t count);

/* The number of the account, or 0 with `problem` filled in. */
int64_t sqlite_admin_find_account(struct sqlite_admin *admin, const char *name, char *problem);

#endif
