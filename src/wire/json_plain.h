/* The bytes that JSON texts consist of mostly: those that mean themselves.
 *
 * Layer: wire, pure. */
#ifndef BRUSIO_WIRE_JSON_PLAIN_H
#define BRUSIO_WIRE_JSON_PLAIN_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* How many bytes at the beginning are plain: ASCII, but for control characters, '"' and '\\'. Whole words
 * first, since texts are long and nearly all of their bytes are plain. */
static inline size_t json_plain(const char *bytes, size_t length)
{
	const uint64_t each = UINT64_C(0x0101010101010101);
	size_t at = 0;
	for (uint64_t word; length - at >= sizeof word; at += sizeof word) {
		memcpy(&word, bytes + at, sizeof word);
		word = le64toh(word);
		/* A subtraction sets the high bit of the first byte that is too small for it; of those behind
		 * it nothing is known then. */
		uint64_t special =
		    word | (word - each * ' ') | ((word ^ each * '"') - each) | ((word ^ each * '\\') - each);
		special &= each << 7;
		if (special)
			return at + (size_t)__builtin_ctzll(special) / 8;
	}
	while (at < length && bytes[at] >= ' ' && bytes[at] != '"' && bytes[at] != '\\')
		at++;
	return at;
}

#endif
