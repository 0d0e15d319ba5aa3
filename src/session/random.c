#include "session/random.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/random.h>

static void fill(void *bytes, size_t count)
{
	/* Up to 256 bytes, getrandom(2) gives all or, before the kernel has any, waits. */
	if (getrandom(bytes, count, 0) != (ssize_t)count)
		abort();
}

void random_word(char *word, size_t size)
{
	static const char signs[] = "abcdefghijkmnpqrstuvwxyz23456789";
	for (size_t i = 0; i + 1 < size; i++) {
		unsigned char byte;
		fill(&byte, 1);
		word[i] = signs[byte & 31];
	}
	word[size - 1] = '\0';
}

uint32_t random_below(uint32_t below)
{
	assert(below);
	uint32_t number;
	fill(&number, sizeof number);
	return number % below;
}
