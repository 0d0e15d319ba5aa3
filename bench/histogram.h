/*
 * A latency histogram of fixed size: values in nanoseconds, sorted into
 * buckets that are 1/64 of their power of two wide, so that every percentile
 * is right to 1.6 % whatever its size. One thread.
 */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_SUB_BITS = 6, HISTOGRAM_BUCKETS = (64 - HISTOGRAM_SUB_BITS + 1) << HISTOGRAM_SUB_BITS };

struct histogram {
	uint64_t count;
	uint64_t max_ns;
	uint64_t bucket[HISTOGRAM_BUCKETS];
};

void histogram_reset(struct histogram *hist);

/* The value under which `permille` thousandths of what was recorded lie; 0 when nothing was. */
uint64_t histogram_percentile(const struct histogram *hist, double permille);

static inline unsigned histogram_index(uint64_t ns)
{
	if (ns < (1u << HISTOGRAM_SUB_BITS))
		return (unsigned)ns;
	unsigned shift = 63u - (unsigned)__builtin_clzll(ns) - HISTOGRAM_SUB_BITS;
	return ((shift + 1) << HISTOGRAM_SUB_BITS) +
	       (unsigned)((ns >> shift) & ((1u << HISTOGRAM_SUB_BITS) - 1));
}

static inline void histogram_record(struct histogram *hist, uint64_t ns)
{
	hist->count++;
	hist->bucket[histogram_index(ns)]++;
	if (ns > hist->max_ns)
		hist->max_ns = ns;
}

#endif
