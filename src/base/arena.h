/* Memory that is given out piece by piece and freed all at once.
 *
 * Layer: base. Threads: one owner at a time. */
#ifndef BRUSIO_BASE_ARENA_H
#define BRUSIO_BASE_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *blocks; /* the one in use first */
};

/* The next `bytes` come out of one block. */
void arena_reserve(struct arena *arena, size_t bytes);

/* Zeroed, aligned for anything; valid until the arena is cleared or released. */
void *arena_zero(struct arena *arena, size_t bytes);
/* A copy of the text; NULL gives NULL. */
const char *arena_string(struct arena *arena, const char *text);

/* A copy of the bytes; of none: NULL. */
const void *arena_copy(struct arena *arena, const void *from, size_t bytes);

/* Everything given out is gone; one block is kept for what comes next. */
void arena_clear(struct arena *arena);
void arena_release(struct arena *arena);

#endif
