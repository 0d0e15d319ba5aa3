/* The buffer: bytes come out as they went in, whatever is added and taken in between. */
#include "base/buffer.h"

#include "unit.h"

TEST(bytes_come_out_as_they_went_in)
{
	struct buffer buffer = BUFFER_EMPTY;
	buffer_add(&buffer, "abc", 3);
	buffer_add_char(&buffer, 'd');
	buffer_add_string(&buffer, "ef");
	assert_int_equal(buffer_length(&buffer), 6);
	assert_memory_equal(buffer_bytes(&buffer), "abcdef", 6);
	buffer_take(&buffer, 2);
	assert_string_equal(buffer_string(&buffer), "cdef");
	buffer_release(&buffer);
}

TEST(a_released_buffer_is_empty_and_usable)
{
	struct buffer buffer = BUFFER_EMPTY;
	buffer_add_string(&buffer, "x");
	buffer_release(&buffer);
	assert_int_equal(buffer_length(&buffer), 0);
	assert_null(buffer.data);
	buffer_add_string(&buffer, "y");
	assert_string_equal(buffer_string(&buffer), "y");
	buffer_release(&buffer);
}

TEST(nothing_added_needs_no_memory)
{
	struct buffer buffer = BUFFER_EMPTY;
	buffer_add(&buffer, NULL, 0);
	buffer_take(&buffer, 0);
	assert_null(buffer.data);
	assert_string_equal(buffer_string(&buffer), "");
	buffer_release(&buffer);
}

TEST(the_ending_nul_does_not_count)
{
	struct buffer buffer = BUFFER_EMPTY;
	buffer_add_string(&buffer, "one");
	buffer_string(&buffer);
	buffer_add_string(&buffer, "two");
	assert_string_equal(buffer_string(&buffer), "onetwo");
	buffer_release(&buffer);
}

TEST(printf_of_any_length)
{
	struct buffer buffer = BUFFER_EMPTY;
	buffer_add_string(&buffer, "<");
	buffer_printf(&buffer, "%*d", 5000, 7);
	assert_int_equal(buffer_length(&buffer), 5001);
	assert_int_equal(buffer_bytes(&buffer)[5000], '7');
	buffer_printf(&buffer, "%s", "");
	assert_int_equal(buffer_length(&buffer), 5001);
	buffer_release(&buffer);
}

TEST(an_emptied_buffer_begins_again_at_its_front)
{
	struct buffer buffer = BUFFER_EMPTY;
	buffer_add_string(&buffer, "0123456789");
	buffer_take(&buffer, 10);
	assert_int_equal(buffer.start, 0);
	assert_int_equal(buffer.end, 0);
	buffer_release(&buffer);
}

/* A stream goes through a buffer in random pieces; its memory is bounded by what waits, not by what passed.
 */
TEST(a_stream_passes_unchanged_in_bounded_memory)
{
	uint64_t dice = 7;
	struct buffer buffer = BUFFER_EMPTY;
	unsigned char written = 0, expected = 0;
	for (int turn = 0; turn < 20000; turn++) {
		char piece[100];
		size_t bytes = dice_below(&dice, sizeof piece);
		for (size_t i = 0; i < bytes; i++)
			piece[i] = (char)written++;
		buffer_add(&buffer, piece, bytes);
		size_t taken = dice_below(&dice, 120);
		if (taken > buffer_length(&buffer))
			taken = buffer_length(&buffer);
		for (size_t i = 0; i < taken; i++)
			assert_int_equal((unsigned char)buffer_bytes(&buffer)[i], expected++);
		buffer_take(&buffer, taken);
	}
	assert_true(buffer.capacity <= 4096);
	buffer_release(&buffer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(bytes_come_out_as_they_went_in),
	    cmocka_unit_test(a_released_buffer_is_empty_and_usable),
	    cmocka_unit_test(nothing_added_needs_no_memory),
	    cmocka_unit_test(the_ending_nul_does_not_count),
	    cmocka_unit_test(printf_of_any_length),
	    cmocka_unit_test(an_emptied_buffer_begins_again_at_its_front),
	    cmocka_unit_test(a_stream_passes_unchanged_in_bounded_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
