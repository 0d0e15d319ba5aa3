#include "session/recent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

static struct recent recent;

static int end(void **state)
{
	(void)state;
	recent_release(&recent);
	return 0;
}

static void a_message_is_found_by_its_number(void **state)
{
	(void)state;
	recent_add(&recent, 5, "anna", "ciao");
	assert_string_equal(recent_find(&recent, 5)->text, "ciao");
	assert_null(recent_find(&recent, 6));
	recent_add(&recent, 5, "anna", "ciao");
	assert_int_equal(recent.count, 1);
}

static void the_last_one_is_by_number_and_not_by_coming(void **state)
{
	(void)state;
	assert_null(recent_last(&recent, "anna", true));
	recent_add(&recent, 7, "Anna", "seven");
	recent_add(&recent, 9, "ugo", "nine");
	recent_add(&recent, 3, "anna", "three");
	assert_int_equal(recent_last(&recent, "ANNA", true)->seq, 7);
	assert_int_equal(recent_last(&recent, "anna", false)->seq, 9);
	assert_null(recent_last(&recent, "mario", true));
}

static void it_follows_changes(void **state)
{
	(void)state;
	recent_add(&recent, 1, "anna", "frist");
	recent_add(&recent, 2, "anna", "second");
	recent_change(&recent, 1, "first");
	recent_change(&recent, 8, "nothing");
	assert_string_equal(recent_find(&recent, 1)->text, "first");
	recent_forget(&recent, 2);
	recent_forget(&recent, 8);
	assert_null(recent_find(&recent, 2));
	assert_int_equal(recent_last(&recent, "anna", true)->seq, 1);
}

static void the_oldest_ones_go(void **state)
{
	(void)state;
	for (int64_t seq = 100; seq < 100 + RECENT_MAX + 5; seq++)
		recent_add(&recent, seq, "anna", "x");
	assert_int_equal(recent.count, RECENT_MAX);
	assert_null(recent_find(&recent, 104));
	assert_non_null(recent_find(&recent, 105));
	recent_add(&recent, 3, "anna", "an old page");
	assert_null(recent_find(&recent, 3));
	assert_non_null(recent_find(&recent, 105));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(a_message_is_found_by_its_number, end),
	    cmocka_unit_test_teardown(the_last_one_is_by_number_and_not_by_coming, end),
	    cmocka_unit_test_teardown(it_follows_changes, end),
	    cmocka_unit_test_teardown(the_oldest_ones_go, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
