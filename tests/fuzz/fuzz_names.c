/* Text that may be UTF-8: valid or not, cut, measured, folded, and taken for a name. */
#include "base/text/code_point.h"
#include "base/limits.h"
#include "base/text/name.h"
#include "base/text/utf8.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Code point by code point; the result is the same as utf8_valid()'s. */
static bool walk(const char *text, size_t length)
{
	bool is_valid = true;
	size_t columns = 0;
	for (size_t at = 0, used; at < length; at += used) {
		uint32_t point;
		char back[CODE_POINT_BYTES_MAX];
		used = code_point_read(text + at, length - at, &point);
		assert(used >= 1 && used <= length - at);
		size_t written = code_point_write(back, point);
		bool is_good = written == used && !memcmp(back, text + at, used);
		is_valid = is_valid && is_good;
		columns += is_good ? (size_t)code_point_columns(point) : 1;
	}
	assert(!is_valid || utf8_width(text, length) == columns);
	return is_valid;
}

static void check_prefixes(const char *text, size_t length)
{
	for (size_t most = 0; most <= length && most < 64; most++) {
		size_t bytes = utf8_prefix(text, length, most);
		assert(bytes <= most && utf8_valid(text, bytes));
		assert(bytes + CODE_POINT_BYTES_MAX > most);
	}
	assert(utf8_prefix(text, length, length + 1) == length);
}

/* Folding twice is folding once, and a name folds to something. */
static void check_fold(const char *text)
{
	char *once = utf8_fold(text);
	bool is_name = utf8_is_user_name(text) || utf8_is_room_name(text);
	assert(!is_name || (once && *once));
	assert(!is_name || strlen(text) <= LIMIT_NAME_BYTES);
	if (once) {
		char *twice = utf8_fold(once);
		assert(twice && !strcmp(once, twice));
		free(twice);
	}
	free(once);
}

/* A skeleton is its own, and names that fold to the same look the same. */
static void check_look(const char *text)
{
	char once[NAME_SKELETON_BYTES], twice[NAME_SKELETON_BYTES];
	size_t length = name_skeleton(text, once);
	assert(length == strlen(once) && utf8_valid(once, length));
	if (length < NAME_SKELETON_BYTES / 4) {
		assert(name_skeleton(once, twice) == length);
		assert(!strcmp(once, twice));
	}
	if (name_check(text) != NAME_OK)
		return;
	char *folded = utf8_fold(text);
	assert(length && name_has_few_marks(text));
	assert(name_look_is_like(name_look(text), name_look(folded)));
	free(folded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Once as bytes, of exactly this length, and once as a string. */
	char *bytes = malloc(size ? size : 1), *string = malloc(size + 1);
	memcpy(bytes, data, size);
	memcpy(string, data, size);
	string[size] = '\0';
	bool is_valid = utf8_valid(bytes, size);
	assert(walk(bytes, size) == is_valid);
	if (is_valid)
		check_prefixes(bytes, size);
	check_fold(string);
	check_look(string);
	free(bytes);
	free(string);
	return 0;
}
