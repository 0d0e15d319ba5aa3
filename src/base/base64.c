#include "base/base64.h"

#include <assert.h>
#include <sodium.h>

void base64_write(struct buffer *to, const void *bytes, size_t length)
{
	size_t room = sodium_base64_ENCODED_LEN(length, sodium_base64_VARIANT_ORIGINAL);
	assert(bytes || !length);
	sodium_bin2base64(buffer_reserve(to, room), room, bytes, length, sodium_base64_VARIANT_ORIGINAL);
	/* The NUL at the end is not a part of it. */
	buffer_added(to, room - 1);
}
