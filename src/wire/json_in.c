#include "wire/json_in.h"

#include "base/text/code_point.h"
#include "base/text/utf8.h"
#include "wire/json_plain.h"

#include <string.h>

static size_t json_in_left(const struct json_in *in)
{
	return (size_t)(in->end - in->at);
}

static void pass_space(struct json_in *in)
{
	while (in->at < in->end && (*in->at == ' ' || *in->at == '\n' || *in->at == '\r' || *in->at == '\t'))
		in->at++;
}

/* Passes white space and this sign; false where another one stands there. */
static bool json_in_take(struct json_in *in, char sign)
{
	pass_space(in);
	if (in->at == in->end || *in->at != sign)
		return false;
	in->at++;
	return true;
}

/* --- texts --- */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The four digits behind "\u"; -1 where there are none. */
static int32_t hex_unit(const char *digits, const char *end)
{
	int32_t unit = 0;
	if (end - digits < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int digit = hex_digit(digits[i]);
		if (digit < 0)
			return -1;
		unit = unit << 4 | digit;
	}
	return unit;
}

static bool is_high(int32_t unit)
{
	return unit >= 0xd800 && unit < 0xdc00;
}

static bool is_low(int32_t unit)
{
	return unit >= 0xdc00 && unit < 0xe000;
}

#define HALF_A_PAIR (-2)

/* The code point of the escape at `at`, behind its backslash, and how many bytes it takes from there; -1: it
 * is not an escape. */
static int32_t read_escape(const char *at, const char *end, size_t *used)
{
	static const char signs[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	if (at == end)
		return -1;
	*used = 1;
	if (*at != 'u') {
		const char *sign = memchr(signs, *at, sizeof signs - 1);
		return sign ? meant[sign - signs] : -1;
	}
	*used = 5;
	int32_t unit = hex_unit(at + 1, end);
	if (!is_high(unit))
		return is_low(unit) ? HALF_A_PAIR : unit;
	/* Beyond the first plane a code point is a pair of them. */
	if (end - at < 11 || at[5] != '\\' || at[6] != 'u')
		return HALF_A_PAIR;
	int32_t low = hex_unit(at + 7, end);
	if (!is_low(low))
		return HALF_A_PAIR;
	*used = 11;
	return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

/* A name with a NUL inside could not be told from a shorter one. */
static bool holds_nul(const struct json_in_value *text)
{
	const char *at = text->bytes, *end = at + text->length;
	while (text->is_escaped && (at = memchr(at, '\\', (size_t)(end - at)))) {
		size_t used;
		if (!read_escape(at + 1, end, &used))
			return true;
		at += 1 + used;
	}
	return false;
}

/* The inside of a text, and its closing quote. */
static bool pass_text(struct json_in *in, struct json_in_value *value)
{
	value->kind = JSON_IN_TEXT;
	value->is_escaped = value->is_broken = false;
	value->bytes = in->at;
	for (;;) {
		size_t used = json_plain(in->at, json_in_left(in));
		in->at += used;
		if (in->at == in->end)
			return false;
		if (*in->at == '"')
			break;
		if (*in->at == '\\') {
			value->is_escaped = true;
			in->at++;
			int32_t code_point = read_escape(in->at, in->end, &used);
			if (code_point == -1)
				return false;
			value->is_broken |= code_point == HALF_A_PAIR;
		} else {
			used = (unsigned char)*in->at < ' ' ? 0 : utf8_step(in->at, json_in_left(in));
			if (!used)
				return false;
		}
		in->at += used;
	}
	value->length = (size_t)(in->at++ - value->bytes);
	return true;
}

size_t json_in_text(const struct json_in_value *text, char *to)
{
	const char *at = text->bytes, *end = at + text->length;
	char *first = to;
	while (at < end) {
		const char *escape = text->is_escaped ? memchr(at, '\\', (size_t)(end - at)) : NULL;
		size_t run = (size_t)((escape ? escape : end) - at), used;
		memcpy(to, at, run);
		to += run;
		at += run;
		if (escape) {
			int32_t code_point = read_escape(at + 1, end, &used);
			to += code_point_write(to, code_point == HALF_A_PAIR ? 0xfffd : (uint32_t)code_point);
			at += 1 + used;
		}
	}
	return (size_t)(to - first);
}

/* --- other values --- */

static bool is_digit(const struct json_in *in)
{
	return in->at < in->end && *in->at >= '0' && *in->at <= '9';
}

/* At least one digit. */
static bool pass_digits(struct json_in *in)
{
	if (!is_digit(in))
		return false;
	while (is_digit(in))
		in->at++;
	return true;
}

#define EXPONENT_MAX 1000 /* far beyond what fits; larger ones are the same */

/* The exponent behind an 'e'; 0 where there is none. */
static int exponent_of(const char *at, const char *end)
{
	int exponent = 0;
	if (at == end)
		return 0;
	bool is_negative = at[1] == '-';
	for (at += 1 + (at[1] == '-' || at[1] == '+'); at < end; at++)
		exponent = exponent < EXPONENT_MAX ? exponent * 10 + (*at - '0') : EXPONENT_MAX;
	return is_negative ? -exponent : exponent;
}

/* Puts a digit behind the value. */
static bool add_digit(int64_t *value, int digit, bool is_negative)
{
	return !__builtin_mul_overflow(*value, 10, value) &&
	       !__builtin_add_overflow(*value, is_negative ? -digit : digit, value);
}

/* The value of a number that was checked: whole digits, a fraction, an exponent at `e`. False: it is not
 * whole, or does not fit 64 bits. */
static bool whole_number(const char *digits, const char *e, const char *end, bool is_negative,
			 int64_t *number)
{
	int64_t value = 0;
	int zeros = 0; /* of the last digits, which are put there only when another follows */
	int scale = exponent_of(e, end);
	bool is_fraction = false;
	for (; digits < e; digits++) {
		is_fraction |= *digits == '.';
		if (*digits == '.')
			continue;
		scale -= is_fraction;
		zeros++;
		if (*digits == '0')
			continue;
		for (; zeros > 1; zeros--)
			if (!add_digit(&value, 0, is_negative))
				return false;
		if (!add_digit(&value, *digits - '0', is_negative))
			return false;
		zeros = 0;
	}
	if (!value) {
		*number = 0;
		return true;
	}
	for (scale += zeros; scale > 0; scale--)
		if (!add_digit(&value, 0, is_negative))
			return false;
	*number = value;
	return scale == 0;
}

static bool pass_number(struct json_in *in, struct json_in_value *value)
{
	bool is_negative = *in->at == '-';
	in->at += is_negative;
	const char *digits = in->at;
	if (!pass_digits(in) || (*digits == '0' && in->at - digits > 1))
		return false;
	if (in->at < in->end && *in->at == '.') {
		in->at++;
		if (!pass_digits(in))
			return false;
	}
	const char *e = in->at;
	if (in->at < in->end && (*in->at == 'e' || *in->at == 'E')) {
		in->at++;
		if (in->at < in->end && (*in->at == '+' || *in->at == '-'))
			in->at++;
		if (!pass_digits(in))
			return false;
	}
	bool is_whole = whole_number(digits, e, in->at, is_negative, &value->integer);
	value->kind = is_whole ? JSON_IN_INTEGER : JSON_IN_REAL;
	return true;
}

static bool pass_word(struct json_in *in, struct json_in_value *value)
{
	static const struct {
		const char *word;
		size_t length;
		enum json_in_kind kind;
		int64_t integer;
	} words[] = {
	    {"true", 4, JSON_IN_BOOL, 1}, {"false", 5, JSON_IN_BOOL, 0}, {"null", 4, JSON_IN_NULL, 0}};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (json_in_left(in) >= words[i].length && !memcmp(in->at, words[i].word, words[i].length)) {
			value->kind = words[i].kind;
			value->integer = words[i].integer;
			in->at += words[i].length;
			return true;
		}
	return false;
}

/* Everything but objects and arrays. */
static bool pass_scalar(struct json_in *in, struct json_in_value *value)
{
	if (json_in_take(in, '"'))
		return pass_text(in, value);
	if (in->at == in->end)
		return false;
	value->bytes = in->at;
	bool is_good = *in->at == '-' || is_digit(in) ? pass_number(in, value) : pass_word(in, value);
	value->length = (size_t)(in->at - value->bytes);
	return is_good;
}

static bool pass_name(struct json_in *in, struct json_in_value *name)
{
	return json_in_take(in, '"') && pass_text(in, name) && !holds_nul(name) && json_in_take(in, ':');
}

/* A value with all that is in it. */
static bool pass_nested(struct json_in *in)
{
	char closers[JSON_IN_DEPTH_MAX - 1]; /* the brackets that are still to come */
	size_t depth = 0;
	struct json_in_value ignored;
	do {
		bool is_object = json_in_take(in, '{');
		if (is_object || json_in_take(in, '[')) {
			in->is_deep = depth == sizeof closers;
			if (in->is_deep)
				return false;
			closers[depth++] = is_object ? '}' : ']';
			if (!json_in_take(in, closers[depth - 1])) {
				if (is_object && !pass_name(in, &ignored))
					return false;
				continue;
			}
			depth--;
		} else if (!pass_scalar(in, &ignored)) {
			return false;
		}
		while (depth && json_in_take(in, closers[depth - 1]))
			depth--;
		if (depth &&
		    (!json_in_take(in, ',') || (closers[depth - 1] == '}' && !pass_name(in, &ignored))))
			return false;
	} while (depth);
	return true;
}

static bool pass_value(struct json_in *in, struct json_in_value *value)
{
	pass_space(in);
	if (in->at == in->end || (*in->at != '{' && *in->at != '['))
		return pass_scalar(in, value);
	value->kind = *in->at == '{' ? JSON_IN_OBJECT : JSON_IN_ARRAY;
	value->bytes = in->at;
	bool is_good = pass_nested(in);
	value->length = (size_t)(in->at - value->bytes);
	return is_good;
}

/* --- members --- */

void json_in_open(struct json_in *in, const char *bytes, size_t length)
{
	*in = (struct json_in){.at = bytes, .end = bytes + length};
	in->is_wrong = !json_in_take(in, '{');
}

void json_in_open_array(struct json_in *in, const char *bytes, size_t length)
{
	*in = (struct json_in){.at = bytes, .end = bytes + length};
	in->is_wrong = !json_in_take(in, '[');
}

/* True where another one has to come. */
static bool is_next(struct json_in *in, char closer)
{
	if (in->is_wrong)
		return false;
	if (json_in_take(in, closer)) {
		pass_space(in);
		in->is_wrong = in->at != in->end;
		return false;
	}
	in->is_wrong = in->has_begun && !json_in_take(in, ',');
	in->has_begun = true;
	return !in->is_wrong;
}

bool json_in_next(struct json_in *in, struct json_in_value *name, struct json_in_value *value)
{
	if (!is_next(in, '}'))
		return false;
	in->is_wrong = !pass_name(in, name) || !pass_value(in, value);
	return !in->is_wrong;
}

bool json_in_next_element(struct json_in *in, struct json_in_value *value)
{
	if (!is_next(in, ']'))
		return false;
	in->is_wrong = !pass_value(in, value);
	return !in->is_wrong;
}

/* --- objects that are not whole or right --- */

/* Behind the closing quote of a text that cannot be read. */
static void pass_broken_text(struct json_in *in)
{
	for (bool is_escaped = false; in->at < in->end; in->at++) {
		if (!is_escaped && *in->at == '"') {
			in->at++;
			return;
		}
		is_escaped = !is_escaped && *in->at == '\\';
	}
}

bool json_in_find(const char *bytes, size_t length, const char *name, struct json_in_value *value)
{
	struct json_in in = {.at = bytes, .end = bytes + length};
	for (int depth = 0; in.at < in.end;) {
		char c = *in.at++;
		depth += (c == '{') - (c == '}');
		if (c != '"')
			continue;
		struct json_in_value found;
		const char *begin = in.at;
		if (!pass_text(&in, &found)) {
			in.at = begin;
			pass_broken_text(&in);
			continue;
		}
		if (depth != 1 || found.length != strlen(name) || memcmp(found.bytes, name, found.length) ||
		    !json_in_take(&in, ':'))
			continue;
		if (json_in_take(&in, '"'))
			return pass_text(&in, value) && !value->is_broken;
	}
	return false;
}
