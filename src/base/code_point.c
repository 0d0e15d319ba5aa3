#include "base/code_point.h"

#include <utf8proc.h>

size_t code_point_read(const char *text, size_t bytes, uint32_t *code_point)
{
	utf8proc_int32_t read;
	utf8proc_ssize_t used =
	    utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)bytes, &read);
	if (used < 1) {
		*code_point = CODE_POINT_REPLACEMENT;
		return 1;
	}
	*code_point = (uint32_t)read;
	return (size_t)used;
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
