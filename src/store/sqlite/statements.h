/* The prepared statements of one connection: each is prepared when it is first used and kept.
 *
 * Layer: store. Threads: one. The result codes are those of store.h; sqlite3_errmsg() says why one failed.
 *
 * A statement is found by the address of its text, which therefore is a literal or a static array. `types`
 * has a letter a parameter: i (int64_t), t (text; NULL is ""), n (text; NULL is NULL), h (32 bytes; NULL is
 * NULL), s (the 16 bytes of a session's or a recovery code's hash). Texts and bytes are borrowed until the statement has run. */
#ifndef BRUSIO_STORE_STATEMENTS_H
#define BRUSIO_STORE_STATEMENTS_H

#include <sqlite3.h>
#include <stdint.h>

#define STATEMENTS_MAX 256 /* a power of two, and twice what there is */

struct statements {
	sqlite3 *db;
	struct {
		const char *sql;
		sqlite3_stmt *statement;
	} slots[STATEMENTS_MAX];
};

/* Finalizes all of them. */
void statements_release(struct statements *statements);

/* Runs one that gives no rows. STORE_OK or STORE_FAILED. */
int statements_run(struct statements *statements, const char *sql, const char *types, ...);

/* The same for one that must change a row: STORE_NONE where it did not. */
int statements_change(struct statements *statements, const char *sql, const char *types, ...);

/* Asks for one row. STORE_OK: *row stands on it until sqlite3_reset(*row); STORE_NONE; STORE_FAILED. */
int statements_row(struct statements *statements, sqlite3_stmt **row, const char *sql, const char *types,
		   ...);

/* Asks for one number. STORE_OK, STORE_NONE (then it is 0), STORE_FAILED. */
int statements_number(struct statements *statements, int64_t *number, const char *sql, const char *types,
		      ...);

/* Begins to ask for rows; NULL where that failed, which statements_next() takes. */
sqlite3_stmt *statements_rows(struct statements *statements, const char *sql, const char *types, ...);
/* STORE_OK: the next row is there. STORE_NONE, STORE_FAILED: there is none, and the statement is reset. */
int statements_next(sqlite3_stmt *rows);

#endif
