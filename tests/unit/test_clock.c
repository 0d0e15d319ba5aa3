/* The clocks: stamps that people and programs read, and times that come from outside. */
#include "base/clock.h"

#include "unit.h"

#define MS_2026_11_22_10_00 INT64_C(1795341600000)

static void formats_as(int64_t wall_ms, const char *expected)
{
	char text[CLOCK_TEXT_BYTES];
	clock_format(wall_ms, text);
	assert_string_equal(text, expected);
}

static void reads_as(const char *text, int64_t expected)
{
	int64_t wall_ms = -1;
	if (!clock_parse(text, &wall_ms))
		fail_msg("\"%s\" was refused", text);
	if (wall_ms != expected)
		fail_msg("\"%s\" gave %lld, not %lld", text, (long long)wall_ms, (long long)expected);
}

static void is_refused(const char *text)
{
	int64_t wall_ms;
	if (clock_parse(text, &wall_ms))
		fail_msg("\"%s\" gave %lld", text, (long long)wall_ms);
}

TEST(a_stamp_has_milliseconds_and_utc)
{
	formats_as(0, "1970-01-01T00:00:00.000Z");
	formats_as(MS_2026_11_22_10_00 + 123, "2026-11-22T10:00:00.123Z");
	formats_as(INT64_C(951782400000) - 1, "2000-02-28T23:59:59.999Z");
	formats_as(INT64_C(951782400000), "2000-02-29T00:00:00.000Z");
	formats_as(INT64_C(253402300799999), "9999-12-31T23:59:59.999Z");
}

TEST(what_no_stamp_can_say_is_the_beginning_of_time)
{
	formats_as(-1, "1970-01-01T00:00:00.000Z");
	formats_as(INT64_MIN, "1970-01-01T00:00:00.000Z");
	formats_as(INT64_C(253402300800000), "1970-01-01T00:00:00.000Z");
	formats_as(INT64_MAX, "1970-01-01T00:00:00.000Z");
}

TEST(times_are_read_in_every_form_of_rfc_3339)
{
	reads_as("2026-11-22T10:00:00.123Z", MS_2026_11_22_10_00 + 123);
	reads_as("2026-11-22T10:00:00Z", MS_2026_11_22_10_00);
	reads_as("2026-11-22t10:00:00z", MS_2026_11_22_10_00);
	reads_as("2026-11-22 10:00:00Z", MS_2026_11_22_10_00);
	reads_as("2026-11-22T11:00:00+01:00", MS_2026_11_22_10_00);
	reads_as("2026-11-22T04:30:00-05:30", MS_2026_11_22_10_00);
	reads_as("2026-11-22T10:00:00.5Z", MS_2026_11_22_10_00 + 500);
	reads_as("2026-11-22T10:00:00.123999999999999999999999Z", MS_2026_11_22_10_00 + 123);
	reads_as("2016-12-31T23:59:60Z", INT64_C(1483228800000));
}

TEST(a_bare_date_is_its_first_instant)
{
	reads_as("2026-11-22", MS_2026_11_22_10_00 - INT64_C(36000000));
	reads_as("1970-01-01", 0);
	reads_as("2024-02-29", INT64_C(1709164800000));
}

TEST(what_is_no_time_is_refused)
{
	static const char *const wrong[] = {
	    "",
	    "2026",
	    "2026-11",
	    "2026-1-2",
	    " 2026-11-22",
	    "2026-11-22 ",
	    "26-11-22",
	    "+2026-11-22",
	    "2026-11-22T",
	    "2026-11-22T10:00Z",
	    "2026-11-22T10:00:00",
	    "2026-11-22T10:00:00.Z",
	    "2026-11-22T1:00:00Z",
	    "2026-11-22T10: 0:00Z",
	    "2026-11-22T10:00:00Zx",
	    "2026-11-22T10:00:00+1:00",
	    "2026-11-22T10:00:00+01",
	    "2026-11-22T10:00:00+01:60",
	    "2026-11-22T10:00:00+24:00",
	    "2026-11-22T10:00:00+-1:00",
	    "2026-11-22T10:00:00+ 1:00",
	    "2026-11-22T10:00:00+01:00:00",
	    "2026-11-22_10:00:00Z",
	    "2026/11/22",
	    "yesterday",
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		is_refused(wrong[i]);
}

TEST(a_day_that_the_calendar_does_not_have_is_refused)
{
	is_refused("2026-00-10");
	is_refused("2026-13-10");
	is_refused("2026-01-00");
	is_refused("2026-01-32");
	is_refused("2026-02-29");
	is_refused("2100-02-29");
	is_refused("2026-04-31");
	is_refused("2026-11-22T24:00:00Z");
	is_refused("2026-11-22T10:60:00Z");
	is_refused("2026-11-22T10:00:61Z");
}

TEST(a_stamp_is_read_back_as_the_time_it_stamped)
{
	uint64_t dice = 5;
	for (int turn = 0; turn < 20000; turn++) {
		char text[CLOCK_TEXT_BYTES];
		int64_t wall_ms = (int64_t)(dice_throw(&dice) % UINT64_C(253402300800000));
		clock_format(wall_ms, text);
		reads_as(text, wall_ms);
	}
}

/* Last, since a faked clock stays faked. */
TEST(a_faked_clock_stands_still_where_it_was_put)
{
	int64_t before = clock_mono_ms();
	assert_true(clock_mono_ms() >= before);
	assert_true(clock_wall_ms() > INT64_C(1577836800000));
	clock_fake(1000, MS_2026_11_22_10_00);
	assert_int_equal(clock_mono_ms(), 1000);
	assert_int_equal(clock_wall_ms(), MS_2026_11_22_10_00);
	clock_fake(1001, 0);
	assert_int_equal(clock_mono_ms(), 1001);
	assert_int_equal(clock_wall_ms(), 0);
}

static void a_span_has_a_unit(void **state)
{
	(void)state;
	int64_t ms = 0;
	assert_true(clock_parse_span("90s", &ms));
	assert_int_equal(ms, 90000);
	assert_true(clock_parse_span("2h", &ms));
	assert_int_equal(ms, 7200000);
	assert_true(clock_parse_span("999999999d", &ms));
	assert_int_equal(ms, INT64_C(999999999) * CLOCK_DAY_MS);
	for (const char *const *text =
		 (const char *const[]){"", "d", "90", "9x", "2hd", "-1d", "1000000000d", NULL};
	     *text; text++)
		assert_false(clock_parse_span(*text, &ms));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_stamp_has_milliseconds_and_utc),
	    cmocka_unit_test(what_no_stamp_can_say_is_the_beginning_of_time),
	    cmocka_unit_test(times_are_read_in_every_form_of_rfc_3339),
	    cmocka_unit_test(a_bare_date_is_its_first_instant),
	    cmocka_unit_test(what_is_no_time_is_refused),
	    cmocka_unit_test(a_day_that_the_calendar_does_not_have_is_refused),
	    cmocka_unit_test(a_stamp_is_read_back_as_the_time_it_stamped),
	    cmocka_unit_test(a_span_has_a_unit),
	    cmocka_unit_test(a_faked_clock_stands_still_where_it_was_put),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
