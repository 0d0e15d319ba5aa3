/* Objects read member by member: jansson, which builds a tree, takes the same ones and reads the same from
 * them. */
#include "wire/json_in.h"
#include "wire/json_plain.h"

#include <assert.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static json_t *rebuild(const char *bytes, size_t length, size_t flags);

static json_t *text_of(const struct json_in_value *text)
{
	char *meant = malloc(text->length + 1);
	size_t length = json_in_text(text, meant);
	assert(length <= text->length && (text->is_escaped || length == text->length));
	json_t *made = json_stringn(meant, length);
	free(meant);
	assert(made);
	return made;
}

static json_t *number_of(const struct json_in_value *value, size_t flags)
{
	char *digits = strndup(value->bytes, value->length);
	/* 10.0 is whole to us and real to jansson. */
	bool is_written_whole = value->kind == JSON_IN_INTEGER && !strpbrk(digits, ".eE");
	if (value->kind == JSON_IN_INTEGER && !is_written_whole)
		assert(strtold(digits, NULL) == (long double)value->integer);
	json_t *made = is_written_whole && !(flags & JSON_DECODE_INT_AS_REAL)
			   ? json_integer(value->integer)
			   : json_real(strtod(digits, NULL));
	free(digits);
	return made;
}

static json_t *value_of(const struct json_in_value *value, size_t flags)
{
	switch (value->kind) {
	case JSON_IN_NULL:
		return json_null();
	case JSON_IN_BOOL:
		return json_boolean(value->integer);
	case JSON_IN_INTEGER:
	case JSON_IN_REAL:
		return number_of(value, flags);
	case JSON_IN_TEXT:
		return text_of(value);
	case JSON_IN_OBJECT:
		return rebuild(value->bytes, value->length, flags);
	default:
		return json_loadb(value->bytes, value->length, flags, NULL);
	}
}

static bool is_deep; /* what rebuild() read last nests too deep for us; jansson goes deeper */

/* The tree of what json_in shows; NULL where it finds something wrong. */
static json_t *rebuild(const char *bytes, size_t length, size_t flags)
{
	struct json_in in;
	struct json_in_value name, value;
	json_t *object = json_object();
	json_in_open(&in, bytes, length);
	while (json_in_next(&in, &name, &value)) {
		json_t *key = text_of(&name);
		json_object_setn_new_nocheck(object, json_string_value(key), json_string_length(key),
					     value_of(&value, flags));
		json_decref(key);
	}
	is_deep = in.is_deep;
	if (!in.is_wrong)
		return object;
	json_decref(object);
	return NULL;
}

static void check_plain(const char *bytes, size_t length)
{
	size_t plain = json_plain(bytes, length);
	for (size_t i = 0; i < length && i <= plain; i++) {
		unsigned char c = (unsigned char)bytes[i];
		assert((i < plain) == (c >= ' ' && c < 0x80 && c != '"' && c != '\\'));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A copy of exactly these bytes, so that reading past them is seen. */
	char *bytes = malloc(size ? size : 1);
	memcpy(bytes, data, size);
	json_error_t problem;
	size_t flags = JSON_ALLOW_NUL;
	json_t *expected = json_loadb(bytes, size, flags, &problem);
	/* To us a number beyond 64 bits is a real one; jansson has to be told. */
	if (!expected && json_error_code(&problem) == json_error_numeric_overflow) {
		flags |= JSON_DECODE_INT_AS_REAL;
		expected = json_loadb(bytes, size, flags, &problem);
	}
	/* One that is no finite number either ends jansson's reading: it cannot say what comes behind it. */
	bool can_compare = expected || json_error_code(&problem) != json_error_numeric_overflow;
	json_t *read = rebuild(bytes, size, flags);
	/* jansson overlooks a NUL right behind a number or a word: what holds one may be refused by us alone.
	 */
	bool may_differ = !read && (memchr(bytes, 0, size) || is_deep);
	/* Half a surrogate pair is JSON to us, though not text; to jansson it is neither. */
	may_differ |= read && (memmem(bytes, size, "\\ud", 3) || memmem(bytes, size, "\\uD", 3));
	if (can_compare && !may_differ)
		assert(json_is_object(expected) ? read && json_equal(read, expected) : !read);
	json_decref(read);
	json_decref(expected);
	check_plain(bytes, size);
	free(bytes);
	return 0;
}
