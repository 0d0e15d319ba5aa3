/* Objects read member by member: what jansson takes is taken, and reads the same. */
#include "../fuzz/fuzz_json_in.c" // NOLINT(bugprone-suspicious-include): its comparison is what is asked here

#include "unit.h"

#include <stdio.h>

static void compare(const char *text, size_t length)
{
	LLVMFuzzerTestOneInput((const uint8_t *)text, length);
}

/* How many members it has; -1: it is wrong. */
static int members(const char *text)
{
	struct json_in in;
	struct json_in_value name, value;
	int count = 0;
	json_in_open(&in, text, strlen(text));
	while (json_in_next(&in, &name, &value))
		count++;
	compare(text, strlen(text));
	return in.is_wrong ? -1 : count;
}

TEST(values_of_every_kind)
{
	static const char text[] =
	    " { \"t\" : \"a\\u00f2\\\"\" , \"i\":-42,\"r\":1.5e-3,\"b\":true,\"n\":null,"
	    "\"o\":{\"x\":[1,{\"y\":\"}\"}]},\"a\":[ ]\r\n}\t";
	static const enum json_in_kind kinds[] = {JSON_IN_TEXT, JSON_IN_INTEGER, JSON_IN_REAL, JSON_IN_BOOL,
						  JSON_IN_NULL, JSON_IN_OBJECT,  JSON_IN_ARRAY};
	struct json_in in;
	struct json_in_value name, value;
	json_in_open(&in, text, strlen(text));
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		assert_true(json_in_next(&in, &name, &value));
		assert_int_equal(value.kind, kinds[i]);
		if (value.kind == JSON_IN_INTEGER)
			assert_int_equal(value.integer, -42);
		if (value.kind == JSON_IN_OBJECT)
			assert_memory_equal(value.bytes, "{\"x\":[1,{\"y\":\"}\"}]}", value.length);
	}
	assert_false(json_in_next(&in, &name, &value));
	assert_false(in.is_wrong);
	compare(text, strlen(text));
}

TEST(right_and_wrong_objects)
{
	static const struct {
		const char *text;
		int members;
	} cases[] = {
	    {"{}", 0},
	    {"{\"a\":1,\"a\":2}", 2},
	    {"{\"\\u0061\":\"\\ud83d\\udc4d\",\"\":\"\\u0000\"}", 2},
	    {"{\"a\\\\u0000\":1}", 1},
	    {"{\"a\\u0000\":1}", -1},
	    {"{\"a\":9223372036854775807,\"b\":-9223372036854775808,\"c\":-0}", 3},
	    {"{\"a\":9223372036854775808,\"b\":7}", 2},
	    {"{\"a\":0.5,\"b\":1E+2,\"c\":-1e-2}", 3},
	    {"{\"a\":\"\\ud83d\"}", 1},
	    {"{\"a\":\"\\udc4d\"}", 1},
	    {"{\"a\":\"\\ud83d\\u0041\"}", 1},
	    {"{\"a\":\"\\ud83d\\u00\"}", -1},
	    {"{\"a\":\"\\u12g4\"}", -1},
	    {"{\"a\":\"\\x\"}", -1},
	    {"{\"a\":\"\xed\xa0\x80\"}", -1},
	    {"{\"a\":\"\xc3\"}", -1},
	    {"{\"a\":\"\x1f\"}", -1},
	    {"{\"a\":\"\x7f\"}", 1},
	    {"{\"a\":01}", -1},
	    {"{\"a\":-}", -1},
	    {"{\"a\":1.}", -1},
	    {"{\"a\":.5}", -1},
	    {"{\"a\":+1}", -1},
	    {"{\"a\":1e}", -1},
	    {"{\"a\":truex}", -1},
	    {"{\"a\":nul}", -1},
	    {"{\"a\":[1,]}", -1},
	    {"{\"a\":[1 2]}", -1},
	    {"{\"a\":{\"b\"}}", -1},
	    {"{\"a\":[{]}}", -1},
	    {"{\"a\":[}", -1},
	    {"{,}", -1},
	    {"{\"a\":1 \"b\":2}", -1},
	    {"{\"a\":1,}", -1},
	    {"{\"a\" 1}", -1},
	    {"{a:1}", -1},
	    {"{} x", -1},
	    {"", -1},
	    {"[]", -1},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (members(cases[i].text) != cases[i].members)
			fail_msg("%s has %d", cases[i].text, members(cases[i].text));
}

/* How many elements it has; -1: it is wrong. */
static int elements(const char *text)
{
	struct json_in in;
	struct json_in_value value;
	int count = 0;
	json_in_open_array(&in, text, strlen(text));
	while (json_in_next_element(&in, &value))
		count++;
	return in.is_wrong ? -1 : count;
}

TEST(right_and_wrong_arrays)
{
	assert_int_equal(elements("[]"), 0);
	assert_int_equal(elements(" [ 1 , \"a]\", {\"x\":[2,3]},[ ] ] "), 4);
	static const char *const wrong[] = {"",     "[",     "[1",   "[1,", "[1,]",
					    "[,1]", "[1 2]", "[1]]", "{}",  "{\"a\":1}"};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_int_equal(elements(wrong[i]), -1);
}

TEST(nesting_has_an_end)
{
	char text[2 * JSON_IN_DEPTH_MAX + 16];
	for (int deeper = 0; deeper < 2; deeper++) {
		int depth = JSON_IN_DEPTH_MAX - 1 + deeper, at = snprintf(text, sizeof text, "{\"a\":");
		memset(text + at, '[', (size_t)depth);
		memset(text + at + depth, ']', (size_t)depth);
		strcpy(text + at + 2 * depth, "}");
		assert_int_equal(members(text), deeper ? -1 : 1);
	}
}

/* A number is whole by its value, however it is written. */
TEST(whole_numbers)
{
	static const struct {
		const char *text;
		enum json_in_kind kind;
		int64_t integer;
	} cases[] = {
	    {"10.0", JSON_IN_INTEGER, 10},
	    {"10.000", JSON_IN_INTEGER, 10},
	    {"1e1", JSON_IN_INTEGER, 10},
	    {"1.25E+2", JSON_IN_INTEGER, 125},
	    {"1200e-2", JSON_IN_INTEGER, 12},
	    {"-10.0", JSON_IN_INTEGER, -10},
	    {"-0.0", JSON_IN_INTEGER, 0},
	    {"0e999999", JSON_IN_INTEGER, 0},
	    {"0.00e-5", JSON_IN_INTEGER, 0},
	    {"1000000000000000000000000e-20", JSON_IN_INTEGER, 10000},
	    {"9223372036854775807.0", JSON_IN_INTEGER, INT64_MAX},
	    {"-9223372036854775808e0", JSON_IN_INTEGER, INT64_MIN},
	    {"9223372036854775808.0", JSON_IN_REAL, 0},
	    {"1e19", JSON_IN_REAL, 0},
	    {"1e2147483648", JSON_IN_REAL, 0},
	    {"10.5", JSON_IN_REAL, 0},
	    {"1e-1", JSON_IN_REAL, 0},
	    {"1e-99999999999999999999", JSON_IN_REAL, 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[64];
		struct json_in in;
		struct json_in_value name, value;
		int length = snprintf(text, sizeof text, "{\"n\":%s}", cases[i].text);
		json_in_open(&in, text, (size_t)length);
		assert_true(json_in_next(&in, &name, &value));
		if (value.kind != cases[i].kind)
			fail_msg("%s is of kind %d", cases[i].text, value.kind);
		if (value.kind == JSON_IN_INTEGER)
			assert_int_equal(value.integer, cases[i].integer);
	}
}

TEST(a_member_of_what_is_not_whole_is_found)
{
	static const struct {
		const char *text, *found;
	} cases[] = {
	    {"{\"id\":\"7\"", "7"},
	    {"{abc \"id\" : \"7\"}", "7"},
	    {"{\"x\":{\"id\":\"6\"},\"id\":\"7\"}", "7"},
	    {"{\"x\":[{\"id\":\"6\"}", NULL},
	    {"{]\"id\":\"7\"", "7"},
	    {"{\"x\":\"\\q\",\"id\":\"7\"", "7"},
	    {"{\"x\":\"id\",\"id\":\"7\"", "7"},
	    {"{\"id\":7}", NULL},
	    {"{\"id\":\"7", NULL},
	    {"{\"id\":\"\\ud83d\"}", NULL},
	    {"{\"ids\":\"7\"}", NULL},
	    {"", NULL},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct json_in_value value;
		bool is_found = json_in_find(cases[i].text, strlen(cases[i].text), "id", &value);
		if (is_found != (cases[i].found != NULL))
			fail_msg("%s", cases[i].text);
		if (is_found)
			assert_memory_equal(value.bytes, cases[i].found, value.length);
	}
}

/* Clients' objects, with bytes cut out, doubled and changed. */
TEST(mangled_objects_read_as_jansson_reads_them)
{
	static const char *const whole[] = {
	    "{\"op\":\"send\",\"id\":\"abc-17\",\"room\":\"#lobby\",\"message\":\"ciao \\\"a\\\" tutti "
	    "\xc3\xb2\"}",
	    "{\"from\":{\"name\":\"Mario\",\"ip\":\"192.168.1.20\"},\"message\":\"\\ud83d\\udc4d\"}",
	    "{\"op\":\"history\",\"limit\":50,\"before\":-1.5e10,\"x\":[null,true,false,{\"y\":[]}]}",
	};
	static const char pieces[] = "{}[]\",:\\u0d8c19eE+-. tfn\n\xc3\xb2\xed\xf0";
	uint64_t dice = 33;
	for (int turn = 0; turn < 60000; turn++) {
		char text[256];
		size_t length = strlen(whole[turn % 3]);
		memcpy(text, whole[turn % 3], length);
		for (size_t changes = 1 + dice_below(&dice, 3); changes; changes--) {
			size_t at = dice_below(&dice, length), rest = length - at;
			if (dice_below(&dice, 2)) {
				text[at] = pieces[dice_below(&dice, sizeof pieces - 1)];
			} else if (dice_below(&dice, 2)) {
				memmove(text + at, text + at + 1, rest - 1);
				length--;
			} else {
				memmove(text + at + 1, text + at, rest);
				text[at] = pieces[dice_below(&dice, sizeof pieces - 1)];
				length++;
			}
		}
		compare(text, length);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(values_of_every_kind),
	    cmocka_unit_test(right_and_wrong_objects),
	    cmocka_unit_test(right_and_wrong_arrays),
	    cmocka_unit_test(nesting_has_an_end),
	    cmocka_unit_test(whole_numbers),
	    cmocka_unit_test(a_member_of_what_is_not_whole_is_found),
	    cmocka_unit_test(mangled_objects_read_as_jansson_reads_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
