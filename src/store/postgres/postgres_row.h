/* A command of store.h as batch_v1() takes it: a code, numbers, texts and bytes; and what it answers. The places are those
 * that sql/batch.sql reads.
 *
 * Layer: store, private to it. Threads: any; there is no state. */
#ifndef BRUSIO_STORE_POSTGRES_ROW_H
#define BRUSIO_STORE_POSTGRES_ROW_H

#include "base/arena.h"
#include "store/store.h"

#define POSTGRES_NUMBERS 14 /* the last two: the person and the room that it is about */
#define POSTGRES_TEXTS   7
#define POSTGRES_BYTES   2

struct postgres_row {
	int64_t number[POSTGRES_NUMBERS];
	const char *text[POSTGRES_TEXTS]; /* NULL: SQL's NULL */
	const void *bytes[POSTGRES_BYTES];
	size_t length[POSTGRES_BYTES];
};

/* The answer to a command. */
struct postgres_outcome {
	int result;
	int64_t a, b, c, d;
	const char *text; /* NULL: none */
	size_t text_bytes;
};

/* The rows that a group has added so far. */
struct postgres_added {
	int64_t person;
	int64_t *rooms; /* owned */
	size_t count, capacity;
};

/* The code in SQL: never given to another command. */
int postgres_row_code(enum store_op op);
/* May something else than STORE_OK or STORE_FAILED be its result? */
bool postgres_row_may_refuse(enum store_op op);
/* Strings are the command's, or lie in the arena. `seen`: the newest note of another process that was shown. */
void postgres_row_write(const struct store_command *command, int64_t seen, struct arena *arena,
			struct postgres_row *row);
/* Fills in what store.h says; strings lie in the arena. */
void postgres_row_read(struct store_command *command, const struct postgres_outcome *outcome,
		       struct postgres_added *added, struct arena *arena);

#endif
