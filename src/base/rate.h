/* How often something may happen, for any number of keys in fixed memory.
 *
 * Layer: base. Threads: any, without locks. Keys share slots by their hash, which has to be one that
 * outsiders cannot foresee: those that meet share a rate, and nobody can choose whom he meets. */
#ifndef BRUSIO_BASE_RATE_H
#define BRUSIO_BASE_RATE_H

#include <stdbool.h>
#include <stdint.h>

#define RATE_SLOTS 4096 /* a power of two */

/* Zeroed: nothing has happened yet. */
struct rate {
	_Atomic int64_t next_us[RATE_SLOTS]; /* when the slot's next turn is, were there no burst */
};

/* Takes the key's next turn: `per_second` of them on average, `burst` at once. Returns for how many
 * milliseconds it has to be waited for, 0: not at all; or -1 where that is more than `wait_ms_max`: then the
 * turn was not taken. */
int64_t rate_take(struct rate *rate, uint64_t hash, int64_t now_ms, int64_t per_second, int64_t burst,
		  int64_t wait_ms_max);

#endif
