/* Those who guess passwords wait: per name, per address, and for asking too fast. */
#include "chat/guess.h"

#include "unit.h"

#include <stdio.h>

#define ALICE "alice"

static struct guesses *guesses;

static int setup(void **state)
{
	(void)state;
	guesses = guesses_new(1000);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	guesses_free(guesses);
	return 0;
}

static void guess_wrong(const char *name, const char *address, int times, int64_t now_ms)
{
	for (int i = 0; i < times; i++)
		guesses_failed(guesses, name, address, now_ms);
}

TEST(a_few_are_free_then_each_costs_more)
{
	int64_t now = 1000, wait = 0;
	for (int i = 0; i < 5; i++) {
		assert_int_equal(guesses_wait(guesses, ALICE, "192.0.2.1", now), 0);
		guess_wrong(ALICE, "192.0.2.1", 1, now);
	}
	for (int i = 0; i < 6; i++) {
		int64_t longer = guesses_wait(guesses, ALICE, "192.0.2.1", now);
		assert_true(longer > wait);
		wait = longer;
		now += wait * 1000;
		assert_int_equal(guesses_wait(guesses, ALICE, "192.0.2.1", now), 0);
		guess_wrong(ALICE, "192.0.2.1", 1, now);
	}
	assert_int_equal(guesses_wait(guesses, "bob", "192.0.2.1", now), 0);
}

TEST(success_frees_the_name_and_not_the_address)
{
	guess_wrong(ALICE, "192.0.2.1", 60, 1000);
	assert_true(guesses_wait(guesses, ALICE, "192.0.2.1", 1000) > 0);
	guesses_succeeded(guesses, ALICE);
	assert_int_equal(guesses_wait(guesses, ALICE, "192.0.2.2", 1000), 0);
	assert_true(guesses_wait(guesses, ALICE, "192.0.2.1", 1000) > 0);
}

TEST(a_network_is_one_address)
{
	char name[16];
	for (int i = 0; i < 60; i++) {
		char address[32];
		snprintf(name, sizeof name, "n%d", i);
		snprintf(address, sizeof address, "2001:db8::%x", i + 1);
		guess_wrong(name, address, 1, 1000);
	}
	assert_true(guesses_wait(guesses, "other", "2001:db8::ffff", 1000) > 0);
	assert_int_equal(guesses_wait(guesses, "other", "2001:db8:0:1::1", 1000), 0);
}

/* All at once, before the first has failed. */
TEST(asking_too_fast)
{
	int taken = 0;
	for (int i = 0; i < 5000; i++)
		taken += guesses_wait(guesses, ALICE, "192.0.2.1", 1000) == 0;
	assert_int_equal(taken, 2000);
	assert_int_equal(guesses_wait(guesses, ALICE, "192.0.2.2", 1000), 0);
	assert_int_equal(guesses_wait(guesses, ALICE, "192.0.2.1", 2000), 0);
}

TEST(marks_are_forgotten)
{
	guess_wrong(ALICE, "192.0.2.1", 100, 1000);
	assert_true(guesses_wait(guesses, ALICE, "192.0.2.1", 1000) > 0);
	assert_int_equal(guesses_wait(guesses, ALICE, "192.0.2.1", 1000 + 901000), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_few_are_free_then_each_costs_more, setup, teardown),
	    cmocka_unit_test_setup_teardown(success_frees_the_name_and_not_the_address, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_network_is_one_address, setup, teardown),
	    cmocka_unit_test_setup_teardown(asking_too_fast, setup, teardown),
	    cmocka_unit_test_setup_teardown(marks_are_forgotten, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
