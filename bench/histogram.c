#include "histogram.h"

#include <string.h>

void histogram_reset(struct histogram *hist)
{
	memset(hist, 0, sizeof *hist);
}

static uint64_t bucket_middle(unsigned index)
{
	unsigned sub = 1u << HISTOGRAM_SUB_BITS;
	if (index < sub)
		return index;
	unsigned shift = (index >> HISTOGRAM_SUB_BITS) - 1;
	uint64_t low = (uint64_t)(sub + (index & (sub - 1))) << shift;
	return low + ((1ull << shift) >> 1);
}

uint64_t histogram_percentile(const struct histogram *hist, double permille)
{
	if (hist->count == 0)
		return 0;
	uint64_t rank = (uint64_t)((double)hist->count * permille / 1000.0);
	if (rank >= hist->count)
		rank = hist->count - 1;
	uint64_t seen = 0;
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += hist->bucket[i];
		if (seen > rank) {
			uint64_t value = bucket_middle(i);
			return value < hist->max_ns ? value : hist->max_ns;
		}
	}
	return hist->max_ns;
}
