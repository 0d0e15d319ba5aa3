/* A token bucket: so many a second, and no more than so many at once.
 *
 * Layer: base. Threads: it belongs to the struct that embeds it. */
#ifndef BRUSIO_BASE_TOKEN_BUCKET_H
#define BRUSIO_BASE_TOKEN_BUCKET_H

#include <stdint.h>

/* Zeroed: full. */
struct token_bucket {
	float left;     /* how many may come now; the owner takes off what came */
	uint32_t at_ms; /* low bits of when that was reckoned; 0: never yet */
};

/* Adds what has grown since the last time, up to `most`. `now_ms` is of a clock that never goes back. */
static inline void token_bucket_refill_to(struct token_bucket *bucket, int64_t rate_per_second, int64_t most,
					  int64_t now_ms)
{
	uint32_t now = (uint32_t)now_ms | 1;
	bucket->left += (float)(now - bucket->at_ms) * (float)rate_per_second / 1000;
	if (!bucket->at_ms || bucket->left > (float)most)
		bucket->left = (float)most;
	bucket->at_ms = now;
}

/* The same with a second's worth as the most. */
static inline void token_bucket_refill(struct token_bucket *bucket, int64_t rate_per_second, int64_t now_ms)
{
	token_bucket_refill_to(bucket, rate_per_second, rate_per_second, now_ms);
}

#endif
