/* Rates: how often something may happen, for any number of keys in fixed memory.
 *
 * Layer: base. Threads: any, without locks. Keys share slots by their hash, which has to be one that
 * outsiders cannot predict: keys in one slot share its rate, and nobody can choose a victim. */
#ifndef BRUSIO_BASE_RATE_H
#define BRUSIO_BASE_RATE_H

#include <stdbool.h>
#include <stdint.h>

#define RATE_SLOTS 4096 /* a power of two */

/* Zeroed: nothing has happened yet. */
struct rate {
	_Atomic int64_t next_us[RATE_SLOTS]; /* when the slot's next turn is, were there no burst */
};

/* Takes the key's next turn: `per_second` of them on average, `burst` at once. Returns the milliseconds to
 * wait for it, or -1 where that is more than `wait_ms_max`; the turn is not taken then. */
int64_t rate_take(struct rate *rate, uint64_t hash, int64_t now_ms, int64_t per_second, int64_t burst,
		  int64_t wait_ms_max);

#endif
