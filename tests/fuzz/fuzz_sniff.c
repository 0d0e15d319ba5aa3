/* First bytes: what they are does not depend on how many came at once, and few are needed. */
#include "gateway/sniff.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* More than the longest beginning that is known. */
#define BYTES_MAX 24

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct dialect *found = NULL, *dialect;
	enum sniff_result known = SNIFF_MORE;
	for (size_t length = 0; length <= size && length < 300; length++) {
		/* A copy of exactly these bytes, so that reading past them is seen. */
		char *bytes = malloc(length ? length : 1);
		memcpy(bytes, data, length);
		dialect = NULL;
		enum sniff_result result = sniff(bytes, length, &dialect);
		size_t space = sniff_space(bytes, length);
		assert(space <= length);
		assert((result == SNIFF_FOUND) == (dialect != NULL));
		assert(result != SNIFF_MORE || length - space < BYTES_MAX);
		assert(known == SNIFF_MORE || (result == known && dialect == found));
		if (result == SNIFF_REFUSED)
			assert(*sniff_refusal(bytes, length));
		known = result;
		found = dialect;
		free(bytes);
	}
	return 0;
}
