#include "base/text/code_point.h"

#include <utf8proc.h>

/* RFC 3629, section 4: how many bytes follow the first one, and the range of the second. */
static bool begin_code_point(struct code_point_state *state, uint8_t byte)
{
	state->low = byte == 0xe0 ? 0xa0 : byte == 0xf0 ? 0x90 : 0x80;
	state->high = byte == 0xed ? 0x9f : byte == 0xf4 ? 0x8f : 0xbf;
	state->missing = byte < 0xe0 ? byte >= 0x80 : byte < 0xf0 ? 2 : 3;
	return byte < 0x80 || (byte >= 0xc2 && byte <= 0xf4);
}

bool code_point_take(struct code_point_state *state, uint8_t byte)
{
	if (!state->missing)
		return begin_code_point(state, byte);
	if (byte < state->low || byte > state->high)
		return false;
	state->missing--;
	state->low = 0x80;
	state->high = 0xbf;
	return true;
}

size_t code_point_decode(const char *text, size_t bytes, uint32_t *code_point)
{
	struct code_point_state state;
	if (!bytes || !begin_code_point(&state, (uint8_t)*text) || state.missing >= bytes)
		return 0;
	size_t length = state.missing + 1u;
	/* The first byte has a bit less for each that follows, and one less again. */
	uint32_t read = (uint8_t)*text & (length == 1 ? 0x7fu : 0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if (!code_point_take(&state, (uint8_t)text[i]))
			return 0;
		read = read << 6 | ((uint8_t)text[i] & 0x3f);
	}
	*code_point = read;
	return length;
}

size_t code_point_read(const char *text, size_t bytes, uint32_t *code_point)
{
	size_t used = code_point_decode(text, bytes, code_point);
	if (used)
		return used;
	*code_point = CODE_POINT_REPLACEMENT;
	return 1;
}

size_t code_point_write(char text[CODE_POINT_BYTES_MAX], uint32_t code_point)
{
	if (!utf8proc_codepoint_valid((utf8proc_int32_t)code_point))
		code_point = CODE_POINT_REPLACEMENT;
	return (size_t)utf8proc_encode_char((utf8proc_int32_t)code_point, (utf8proc_uint8_t *)text);
}

int code_point_columns(uint32_t code_point)
{
	return utf8proc_charwidth((utf8proc_int32_t)code_point);
}
