/* Pictures that are stripped: any bytes, whole and in pieces, give the same; what came out comes out again. */
#include "base/buffer.h"
#include "wire/strip.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool strip_all(const char *type, const char *bytes, size_t length, size_t step, struct buffer *to)
{
	struct strip *strip = strip_new(type);
	for (size_t at = 0; at < length; at += step)
		strip_take(strip, bytes + at, length - at < step ? length - at : step, to);
	bool has_changed = strip_has_changed(strip);
	strip_free(strip);
	return has_changed;
}

static bool is_same(const struct buffer *one, const void *bytes, size_t length)
{
	return buffer_length(one) == length && (!length || !memcmp(buffer_bytes(one), bytes, length));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const types[] = {"image/jpeg", "image/png", "image/gif", "image/webp"};
	struct buffer whole = BUFFER_EMPTY, pieces = BUFFER_EMPTY, again = BUFFER_EMPTY;
	if (size < 2)
		return 0;
	/* The first byte says which format, and how large the pieces are. */
	const char *type = types[data[0] & 3], *bytes = (const char *)data + 1;
	size_t length = size - 1;
	bool has_changed = strip_all(type, bytes, length, length, &whole);
	bool is_equal = is_same(&whole, bytes, length);
	assert(has_changed || is_equal);
	strip_all(type, bytes, length, 1 + (data[0] >> 2), &pieces);
	assert(is_same(&whole, buffer_bytes(&pieces), buffer_length(&pieces)));
	if (buffer_length(&whole)) {
		strip_all(type, buffer_bytes(&whole), buffer_length(&whole), buffer_length(&whole), &again);
		assert(is_same(&whole, buffer_bytes(&again), buffer_length(&again)));
	}
	/* The orientation alone is added. */
	assert(buffer_length(&whole) <= length + 36);
	buffer_release(&whole);
	buffer_release(&pieces);
	buffer_release(&again);
	return 0;
}
