/* The end of an object is found at the same place, however the bytes come. */
#include "wire/json_scan.h"

#include "unit.h"

#define OBJECTS_MAX 64

struct found {
	size_t count;
	size_t start[OBJECTS_MAX], end[OBJECTS_MAX];
	bool is_garbage;
	size_t garbage_at;
};

/* Scans the text in pieces whose lengths `dice` chooses (0: whole; 1: byte by byte). */
static struct found scan_all(const char *text, size_t length, uint64_t *dice, size_t piece_max)
{
	struct found found = {0};
	struct json_scan scan = {0};
	size_t at = 0, start = 0;
	while (at < length) {
		size_t piece = length - at, skipped, used;
		if (piece_max && piece > 1 + dice_below(dice, piece_max))
			piece = 1 + dice_below(dice, piece_max);
		if (piece > length - at)
			piece = length - at;
		bool is_between = !scan.depth;
		enum json_scan_result result = json_scan(&scan, text + at, piece, &skipped, &used);
		assert_true(used <= piece);
		assert_true(skipped <= used);
		if (is_between)
			start = at + skipped;
		at += used;
		if (result == JSON_SCAN_GARBAGE) {
			found.is_garbage = true;
			found.garbage_at = at;
			return found;
		}
		if (result == JSON_SCAN_OBJECT) {
			assert_int_equal(scan.bytes, at - start);
			found.start[found.count] = start;
			found.end[found.count++] = at;
		} else {
			assert_int_equal(used, piece);
		}
	}
	return found;
}

static void finds(const char *text, const char *const *objects, size_t count)
{
	size_t length = strlen(text);
	uint64_t dice = 21;
	for (int turn = 0; turn < 60; turn++) {
		size_t piece_max = turn == 0 ? 0 : turn == 1 ? 1 : 1 + dice_below(&dice, 9);
		struct found found = scan_all(text, length, &dice, piece_max);
		assert_false(found.is_garbage);
		assert_int_equal(found.count, count);
		for (size_t i = 0; i < count; i++) {
			assert_int_equal(found.end[i] - found.start[i], strlen(objects[i]));
			assert_memory_equal(text + found.start[i], objects[i], strlen(objects[i]));
		}
	}
}

TEST(objects_end_at_their_matching_brace)
{
	static const char *const objects[] = {"{}", "{\"a\":{\"b\":{}},\"c\":[{},{}]}", "{\"d\":1}"};
	finds("{}{\"a\":{\"b\":{}},\"c\":[{},{}]}\n{\"d\":1}", objects, 3);
}

TEST(braces_and_quotes_in_strings_do_not_count)
{
	static const char *const objects[] = {"{\"a\":\"}{\"}", "{\"b\\\"}\":\"\\\\\"}",
					      "{\"c\":\"\\\\\\\"}\"}"};
	finds("{\"a\":\"}{\"} {\"b\\\"}\":\"\\\\\"} {\"c\":\"\\\\\\\"}\"}", objects, 3);
}

TEST(white_space_between_and_inside)
{
	static const char *const objects[] = {"{\n  \"a\" : 1\r\n}", "{ }"};
	finds(" \t\r\n{\n  \"a\" : 1\r\n}\r\n\r\n  { }\n", objects, 2);
}

TEST(an_unfinished_object_is_none_yet)
{
	finds("{\"a\":\"}", NULL, 0);
	finds("{\"a\":{}", NULL, 0);
	finds("   ", NULL, 0);
	finds("", NULL, 0);
}

TEST(what_begins_with_no_brace_is_garbage)
{
	static const char *const texts[] = {"x", "[1]", "\"{}\"", "}", "{}x", " {} ]", "\f{}", "{}{}\xff"};
	static const size_t at[] = {0, 0, 0, 0, 2, 4, 0, 4};
	uint64_t dice = 4;
	for (size_t i = 0; i < sizeof at / sizeof *at; i++)
		for (size_t piece_max = 0; piece_max < 4; piece_max++) {
			struct found found = scan_all(texts[i], strlen(texts[i]), &dice, piece_max);
			assert_true(found.is_garbage);
			assert_int_equal(found.garbage_at, at[i]);
		}
}

TEST(no_byte_is_looked_at_twice)
{
	struct json_scan scan = {0};
	size_t skipped, used;
	assert_int_equal(json_scan(&scan, " {\"a", 4, &skipped, &used), JSON_SCAN_MORE);
	assert_int_equal(skipped, 1);
	assert_int_equal(used, 4);
	assert_int_equal(json_scan(&scan, "\":", 2, &skipped, &used), JSON_SCAN_MORE);
	assert_int_equal(skipped, 0);
	assert_int_equal(json_scan(&scan, "1}{", 3, &skipped, &used), JSON_SCAN_OBJECT);
	assert_int_equal(used, 2);
	assert_int_equal(scan.bytes, 7);
}

TEST(a_nul_is_a_byte_like_others)
{
	struct json_scan scan = {0};
	size_t skipped, used;
	assert_int_equal(json_scan(&scan, "{\"\0}\"\0}", 7, &skipped, &used), JSON_SCAN_OBJECT);
	assert_int_equal(used, 7);
	assert_int_equal(json_scan(&scan, "\0", 1, &skipped, &used), JSON_SCAN_GARBAGE);
	assert_int_equal(used, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(objects_end_at_their_matching_brace),
	    cmocka_unit_test(braces_and_quotes_in_strings_do_not_count),
	    cmocka_unit_test(white_space_between_and_inside),
	    cmocka_unit_test(an_unfinished_object_is_none_yet),
	    cmocka_unit_test(what_begins_with_no_brace_is_garbage),
	    cmocka_unit_test(no_byte_is_looked_at_twice),
	    cmocka_unit_test(a_nul_is_a_byte_like_others),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
