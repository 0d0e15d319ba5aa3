#include "wire/json_out.h"

#include "base/clock.h"
#include "base/decimal.h"
#include "wire/json_plain.h"

#include <assert.h>
#include <string.h>

/* The most that a number or a word takes. */
#define VALUE_BYTES_MAX 24

/* Everything but what is plain or beyond ASCII; returns behind it. */
static char *put_escape(char *at, unsigned char c)
{
	static const char hex[] = "0123456789abcdef", signs[] = "\"\\\n\r\t", names[] = "\"\\nrt";
	const char *sign = memchr(signs, c, sizeof signs - 1);
	*at++ = '\\';
	if (sign) {
		*at++ = names[sign - signs];
		return at;
	}
	memcpy(at, "u00", 3);
	at[3] = hex[c >> 4];
	at[4] = hex[c & 15];
	return at + 5;
}

/* With room for quotes and for six times its length: at worst every byte becomes \u00xx. */
static char *put_quoted(char *at, const char *text, size_t length)
{
	*at++ = '"';
	for (const char *end = text + length; text < end;) {
		size_t run = json_plain(text, (size_t)(end - text));
		memcpy(at, text, run);
		at += run;
		text += run;
		if (text == end)
			break;
		unsigned char c = (unsigned char)*text++;
		if (c < ' ' || c == '"' || c == '\\')
			at = put_escape(at, c);
		else
			*at++ = (char)c;
	}
	*at++ = '"';
	return at;
}

/* Writes what goes before a value of at most `bytes`, and returns where the value goes; value_end() then
 * says where it ended. */
static char *value_begin(struct json_out *out, const char *key, size_t bytes)
{
	size_t length = key ? strlen(key) : 0;
	char *at = buffer_reserve(out->to, length + 4 + bytes);
	if (out->needs_comma)
		*at++ = ',';
	out->needs_comma = true;
	if (!key)
		return at;
	*at++ = '"';
	memcpy(at, key, length);
	at += length;
	*at++ = '"';
	*at++ = ':';
	return at;
}

static void value_end(struct json_out *out, const char *end)
{
	out->to->end = (size_t)(end - out->to->data);
}

void json_open(struct json_out *out, struct buffer *to)
{
	*out = (struct json_out){.to = to};
	buffer_add_char(to, '{');
}

void json_close(struct json_out *out)
{
	assert(buffer_length(out->to));
	buffer_add_char(out->to, '}');
}

void json_text(struct json_out *out, const char *key, const char *text)
{
	if (!text)
		return;
	size_t length = strlen(text);
	value_end(out, put_quoted(value_begin(out, key, length * 6 + 2), text, length));
}

void json_number(struct json_out *out, const char *key, int64_t value)
{
	char *at = value_begin(out, key, VALUE_BYTES_MAX);
	if (value < 0)
		*at++ = '-';
	value_end(out, at + decimal_write(at, value < 0 ? -(uint64_t)value : (uint64_t)value));
}

void json_bool(struct json_out *out, const char *key, bool value)
{
	char *at = value_begin(out, key, VALUE_BYTES_MAX);
	value_end(out, stpcpy(at, value ? "true" : "false"));
}

void json_time(struct json_out *out, const char *key, int64_t wall_ms)
{
	char *at = value_begin(out, key, CLOCK_TEXT_BYTES + 2);
	*at++ = '"';
	clock_format(wall_ms, at);
	at += CLOCK_TEXT_BYTES - 1;
	*at++ = '"';
	value_end(out, at);
}

static void nest(struct json_out *out, const char *key, char bracket)
{
	char *at = value_begin(out, key, 1);
	*at++ = bracket;
	value_end(out, at);
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
