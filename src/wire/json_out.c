#include "wire/json_out.h"

#include "base/clock.h"
#include "wire/json_plain.h"

#include <string.h>

void json_quote(struct buffer *to, const char *text)
{
	static const char hex[] = "0123456789abcdef";
	size_t length = strlen(text);
	/* At worst every byte becomes \u00xx. */
	char *first = buffer_reserve(to, length * 6 + 2), *at = first;
	*at++ = '"';
	for (size_t i = 0; i < length; i++) {
		size_t run = json_plain(text + i, length - i);
		memcpy(at, text + i, run);
		at += run;
		i += run;
		if (i == length)
			break;
		unsigned char c = (unsigned char)text[i];
		if (c >= ' ' && c != '"' && c != '\\') {
			*at++ = (char)c;
			continue;
		}
		*at++ = '\\';
		switch (c) {
		case '"':
		case '\\':
			*at++ = (char)c;
			break;
		case '\n':
			*at++ = 'n';
			break;
		case '\r':
			*at++ = 'r';
			break;
		case '\t':
			*at++ = 't';
			break;
		default:
			memcpy(at, "u00", 3);
			at[3] = hex[c >> 4];
			at[4] = hex[c & 15];
			at += 5;
		}
	}
	*at++ = '"';
	buffer_added(to, (size_t)(at - first));
}

static void key_begin(struct json_out *out, const char *key)
{
	if (out->needs_comma)
		buffer_add_char(out->to, ',');
	out->needs_comma = true;
	if (key) {
		buffer_add_char(out->to, '"');
		buffer_add_string(out->to, key);
		buffer_add(out->to, "\":", 2);
	}
}

void json_open(struct json_out *out, struct buffer *to)
{
	*out = (struct json_out){.to = to};
	buffer_add_char(to, '{');
}

void json_close(struct json_out *out)
{
	buffer_add_char(out->to, '}');
}

void json_text(struct json_out *out, const char *key, const char *text)
{
	if (!text)
		return;
	key_begin(out, key);
	json_quote(out->to, text);
}

void json_number(struct json_out *out, const char *key, int64_t value)
{
	key_begin(out, key);
	if (value < 0)
		buffer_add_char(out->to, '-');
	buffer_add_u64(out->to, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void json_bool(struct json_out *out, const char *key, bool value)
{
	key_begin(out, key);
	buffer_add_string(out->to, value ? "true" : "false");
}

void json_time(struct json_out *out, const char *key, int64_t wall_ms)
{
	char stamp[CLOCK_TEXT_BYTES];
	clock_format(wall_ms, stamp);
	key_begin(out, key);
	buffer_add_char(out->to, '"');
	buffer_add(out->to, stamp, CLOCK_TEXT_BYTES - 1);
	buffer_add_char(out->to, '"');
}

static void nest(struct json_out *out, const char *key, char bracket)
{
	key_begin(out, key);
	buffer_add_char(out->to, bracket);
	out->needs_comma = false;
}

static void unnest(struct json_out *out, char bracket)
{
	buffer_add_char(out->to, bracket);
	out->needs_comma = true;
}

void json_object_begin(struct json_out *out, const char *key)
{
	nest(out, key, '{');
}

void json_object_end(struct json_out *out)
{
	unnest(out, '}');
}

void json_array_begin(struct json_out *out, const char *key)
{
	nest(out, key, '[');
}

void json_array_end(struct json_out *out)
{
	unnest(out, ']');
}

void json_element_begin(struct json_out *out)
{
	nest(out, NULL, '{');
}

void json_element_end(struct json_out *out)
{
	unnest(out, '}');
}
