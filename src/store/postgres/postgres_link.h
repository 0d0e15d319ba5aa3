/* One connection to PostgreSQL, and statements on it: each has a deadline by our own clock, since TCP's do not see a line
 * that is cut while nothing is in flight, or behind a proxy.
 *
 * Layer: store, private to it. Threads: a link belongs to one.
 *
 * A statement is prepared when it is first used, and found by the address of its text, which therefore is a literal or a
 * static array. `types` has a letter a parameter: i (int64_t), t (text; NULL is ""), n (text; NULL is NULL), h (32 bytes;
 * NULL is NULL), s (the 16 bytes of a session's or a recovery code's hash). Answers are text. */
#ifndef BRUSIO_STORE_POSTGRES_LINK_H
#define BRUSIO_STORE_POSTGRES_LINK_H

#include "store/postgres/libpq.h"
#include "store/postgres/postgres_place.h"

#include <stdbool.h>
#include <stdint.h>

#define POSTGRES_CONNECT_MS   3000  /* for one address; then the next is tried */
#define POSTGRES_STATEMENT_MS 15000 /* for an answer; then the connection is closed */
#define POSTGRES_BARRIER_MS   1000  /* for a standby to have what was read */
#define POSTGRES_STATEMENTS   128   /* that one link prepares; a power of two, and twice what there is */

struct postgres_link {
	struct postgres_place *place;
	PGconn *conn; /* NULL: closed */
	unsigned generation;
	unsigned target; /* which one it leads to */
	struct {
		const char *sql;
		char name[12];
	} prepared[POSTGRES_STATEMENTS];
	int patience_ms;  /* POSTGRES_STATEMENT_MS */
	bool is_in_doubt; /* PostgreSQL has warned that a commit may not be on the standby */
	char sqlstate[6]; /* of the last error; "" where PostgreSQL did not answer */
	char error[400];  /* what went wrong last; "" where nothing did */
};

/* The error where a standby is demanded and PostgreSQL waits for none. */
#define POSTGRES_ALONE "PostgreSQL has no synchronous standby: its synchronous_standby_names is empty"

void postgres_link_init(struct postgres_link *link, struct postgres_place *place);
/* Connects where it is closed, or of an earlier generation: tries each address once. 0, or -1 with link->error. */
int postgres_link_open(struct postgres_link *link);
void postgres_link_close(struct postgres_link *link);

/* Runs a prepared statement on an open link. The rows, to be freed with libpq.clear(); or NULL with link->error, and the
 * link is closed where its connection is of no use any more. */
PGresult *postgres_query(struct postgres_link *link, const char *sql, const char *types, ...);
/* The same with parameters in PostgreSQL's binary form, and binary answers. */
PGresult *postgres_query_binary(struct postgres_link *link, const char *sql, int count,
				const char *const *values, const int *lengths);
/* Runs what returns nothing, as it is: also several statements. 0 or -1. */
int postgres_run(struct postgres_link *link, const char *sql);

/* COPY … FROM STDIN: begins it, takes bytes, ends it (`error` not NULL: in vain). 0 or -1. */
int postgres_copy_begin(struct postgres_link *link, const char *sql);
int postgres_copy_bytes(struct postgres_link *link, const char *bytes, size_t count);
int postgres_copy_end(struct postgres_link *link, const char *error);

/* Commits, and returns 0 where a standby has confirmed it, and with it all that was visible before. */
int postgres_confirm(struct postgres_link *link);
/* Called behind a read: 0 where a standby has all that was visible then, or none is there and none is needed. -1: not within
 * POSTGRES_BARRIER_MS. */
int postgres_barrier(struct postgres_link *link, bool needs_standby);
/* Whether PostgreSQL waits for a standby: 1, or 0; -1 with link->error. Notes in link->place what is to be watched. */
int postgres_has_standby(struct postgres_link *link);

/* --- rows of a text answer --- */

int64_t postgres_number(const PGresult *rows, int row, int column);
bool postgres_flag(const PGresult *rows, int row, int column);
/* "" where it is NULL; valid until the rows are freed. */
const char *postgres_text(const PGresult *rows, int row, int column);
/* False where it is not as long, or NULL. */
bool postgres_bytes(const PGresult *rows, int row, int column, unsigned char *to, size_t count);

#endif
