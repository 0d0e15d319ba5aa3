#include "chat/talk/name_filter.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>

#define BITS_PER_NAME 16
#define BITS_MIN      64

/* The two bits are far apart in the hash; its last step mixes its upper bits least into the lower ones. */
static uint32_t first_bit(const struct name_filter *filter, uint32_t hash)
{
	return (hash ^ (hash >> 15)) & filter->mask;
}

static uint32_t second_bit(const struct name_filter *filter, uint32_t hash)
{
	return ((hash * 0x9e3779b1u) >> 7) & filter->mask;
}

static uint64_t bit_in_word(uint32_t bit)
{
	return UINT64_C(1) << (bit % 64);
}

bool name_filter_is_full(const struct name_filter *filter)
{
	return !filter->words || filter->names * BITS_PER_NAME > filter->mask;
}

void name_filter_empty(struct name_filter *filter, size_t names)
{
	uint64_t bits = BITS_MIN;
	while (bits < (uint64_t)names * BITS_PER_NAME && bits < UINT64_C(1) << 31)
		bits *= 2;
	free(filter->words);
	filter->words = mem_zero((size_t)(bits / 64) * sizeof *filter->words);
	filter->mask = (uint32_t)(bits - 1);
	filter->names = filter->longest = 0;
}

void name_filter_add(struct name_filter *filter, uint32_t hash, size_t length)
{
	assert(filter->words);
	uint32_t first = first_bit(filter, hash), second = second_bit(filter, hash);
	filter->words[first / 64] |= bit_in_word(first);
	filter->words[second / 64] |= bit_in_word(second);
	filter->names++;
	if (length > filter->longest)
		filter->longest = length;
}

bool name_filter_passes(const struct name_filter *filter, uint32_t hash, size_t length)
{
	if (!length || length > filter->longest)
		return false;
	uint32_t first = first_bit(filter, hash), second = second_bit(filter, hash);
	return (filter->words[first / 64] & bit_in_word(first)) &&
	       (filter->words[second / 64] & bit_in_word(second));
}

void name_filter_release(struct name_filter *filter)
{
	free(filter->words);
	*filter = (struct name_filter){0};
}
