/* Lines of telnet: they end at the same place and are answered alike however the bytes come, and what they
 * mean is never longer than they are. */
#include "wire/telnet.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first line's bytes with its end, from bytes that come in pieces of this size; 0: there is none. */
static size_t find_end(const uint8_t *data, size_t size, size_t piece, struct buffer *answer)
{
	size_t scanned = 0, end = 0;
	for (size_t come = 0; come < size && !end;) {
		come = size - come > piece ? come + piece : size;
		/* In memory of exactly that size, so that reading past it is seen. */
		char *bytes = malloc(come);
		memcpy(bytes, data, come);
		size_t before = scanned;
		end = telnet_find_end(bytes, come, &scanned, answer);
		assert(scanned >= before && scanned <= come && end <= come);
		free(bytes);
	}
	return end;
}

static void check_line(const uint8_t *data, size_t bytes)
{
	char *copy = malloc(bytes), *line = malloc(bytes ? bytes : 1);
	memcpy(copy, data, bytes);
	size_t length = telnet_line(copy, bytes, line);
	assert(length <= bytes);
	assert(!memchr(line, '\n', length) || memchr(copy, 0xff, bytes));
	free(copy);
	free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer whole = BUFFER_EMPTY, pieces = BUFFER_EMPTY;
	size_t end = find_end(data, size, size ? size : 1, &whole);
	for (size_t piece = 1; piece < 4; piece++) {
		buffer_clear(&pieces);
		assert(find_end(data, size, piece, &pieces) == end);
		assert(!end || !strcmp(buffer_string(&pieces), buffer_string(&whole)));
	}
	check_line(data, end ? end : size);
	buffer_release(&whole);
	buffer_release(&pieces);
	return 0;
}
