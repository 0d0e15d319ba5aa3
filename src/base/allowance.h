/* A token bucket: so many a second, and no more than a second's worth at once.
 *
 * Layer: base. Threads: it belongs to whoever embeds it. */
#ifndef BRUSIO_BASE_ALLOWANCE_H
#define BRUSIO_BASE_ALLOWANCE_H

#include <stdint.h>

/* Zeroed: full. */
struct allowance {
	float left;     /* how many may come now; the owner takes off what came */
	uint32_t at_ms; /* low bits of when that was reckoned; 0: never yet */
};

/* Adds what has grown since the last time. `now_ms` is of a clock that never goes back. */
static inline void allowance_refill(struct allowance *allowance, int64_t rate_per_second, int64_t now_ms)
{
	float most = (float)rate_per_second;
	uint32_t now = (uint32_t)now_ms | 1;
	allowance->left += (float)(now - allowance->at_ms) * most / 1000;
	if (!allowance->at_ms || allowance->left > most)
		allowance->left = most;
	allowance->at_ms = now;
}

#endif
