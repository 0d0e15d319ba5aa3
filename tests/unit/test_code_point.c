/* One code point at a time, in and out. */
#include "base/text/code_point.h"
#include "base/text/utf8.h"

#include "unit.h"

#include <utf8proc.h>

TEST(what_is_written_is_read)
{
	for (uint32_t point = 0; point < 0x110000; point += point < 0x3000 ? 1 : 5) {
		char text[CODE_POINT_BYTES_MAX];
		uint32_t read;
		size_t bytes = code_point_write(text, point);
		assert_true(utf8_valid(text, bytes));
		assert_int_equal(code_point_read(text, bytes, &read), bytes);
		bool is_surrogate = point >= 0xd800 && point <= 0xdfff;
		assert_int_equal(read, is_surrogate ? CODE_POINT_REPLACEMENT : point);
	}
}

TEST(what_is_no_code_point_is_replaced)
{
	char text[CODE_POINT_BYTES_MAX];
	uint32_t point;
	assert_int_equal(code_point_write(text, 0x110000), 3);
	assert_memory_equal(text, "\xef\xbf\xbd", 3);
	assert_int_equal(code_point_write(text, UINT32_MAX), 3);
	static const char *const wrong[] = {"\x80", "\xff", "\xc3(", "\xed\xa0\x80", "\xf0\x9f\x91"};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		assert_int_equal(code_point_read(wrong[i], strlen(wrong[i]), &point), 1);
		assert_int_equal(point, CODE_POINT_REPLACEMENT);
	}
}

TEST(reading_goes_not_beyond_the_bytes)
{
	uint32_t point;
	assert_int_equal(code_point_read("\xf0\x9f\x91\x8d", 3, &point), 1);
	assert_int_equal(point, CODE_POINT_REPLACEMENT);
	assert_int_equal(code_point_read("\xf0\x9f\x91\x8d", 4, &point), 4);
	assert_int_equal(point, 0x1f44d);
}

/* Every pair of bytes, followed by good ones: the same as utf8proc says of the whole. */
TEST(whole_or_byte_by_byte_is_the_same)
{
	for (uint32_t pair = 0; pair < 0x10000; pair++) {
		const uint8_t bytes[4] = {(uint8_t)(pair >> 8), (uint8_t)pair, 0x80, 0xbf};
		struct code_point_state place = {0};
		utf8proc_int32_t expected;
		uint32_t point;
		utf8proc_ssize_t used = utf8proc_iterate(bytes, 4, &expected);
		size_t length = code_point_decode((const char *)bytes, 4, &point);
		assert_int_equal(length, used > 0 ? used : 0);
		assert_true(!length || point == (uint32_t)expected);
		bool is_good = true;
		size_t taken = 0;
		do
			is_good = code_point_take(&place, bytes[taken++]);
		while (is_good && place.missing);
		assert_int_equal(is_good, length > 0);
		assert_true(!is_good || taken == length);
	}
}

TEST(columns)
{
	assert_int_equal(code_point_columns('a'), 1);
	assert_int_equal(code_point_columns(0x65e5), 2);
	assert_int_equal(code_point_columns(0x1f44d), 2);
	assert_int_equal(code_point_columns(0x300), 0);
	assert_int_equal(code_point_columns('\n'), 0);
	assert_int_equal(code_point_columns(0x200d), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_written_is_read),
	    cmocka_unit_test(what_is_no_code_point_is_replaced),
	    cmocka_unit_test(reading_goes_not_beyond_the_bytes),
	    cmocka_unit_test(whole_or_byte_by_byte_is_the_same),
	    cmocka_unit_test(columns),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
