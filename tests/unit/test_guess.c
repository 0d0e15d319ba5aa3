/* Whoever guesses passwords waits, by name and by address; whoever knows them does not. */
#include "chat/guess.h"

#include "unit.h"

#include <stdio.h>

TEST(wrong_guesses_take_longer_and_longer)
{
	struct guesses *guesses = guesses_new(1000000);
	int64_t now = 1000;
	for (int i = 0; i < 5; i++) {
		assert_int_equal(guesses_wait(guesses, "mario", "10.0.0.1", now), 0);
		guesses_failed(guesses, "mario", "10.0.0.1", now);
	}
	int64_t wait = guesses_wait(guesses, "mario", "10.0.0.1", now), last = wait;
	assert_in_range(wait, 1, 2);
	assert_int_equal(guesses_wait(guesses, "anna", "10.0.0.1", now), 0);
	assert_int_equal(guesses_wait(guesses, "mario", "10.9.9.9", now), wait);
	for (int i = 0; i < 20; i++) {
		now += wait * 1000;
		assert_int_equal(guesses_wait(guesses, "mario", "10.0.0.1", now), 0);
		guesses_failed(guesses, "mario", "10.0.0.1", now);
		wait = guesses_wait(guesses, "mario", "10.0.0.1", now);
		assert_true(wait >= last && wait <= 300);
		last = wait;
	}
	assert_int_equal(wait, 300);
	guesses_succeeded(guesses, "mario");
	assert_int_equal(guesses_wait(guesses, "mario", "10.9.9.9", now), 0);
	guesses_free(guesses);
}

TEST(wrong_guesses_are_forgotten)
{
	struct guesses *guesses = guesses_new(1000000);
	for (int i = 0; i < 10; i++)
		guesses_failed(guesses, "mario", "10.0.0.1", 1000);
	assert_true(guesses_wait(guesses, "mario", "10.0.0.1", 1000) > 0);
	assert_int_equal(guesses_wait(guesses, "mario", "10.0.0.1", 1000 + 24 * 3600 * 1000), 0);
	guesses_free(guesses);
}

TEST(a_network_is_one_address)
{
	struct guesses *guesses = guesses_new(1000000);
	for (int i = 0; i < 60; i++) {
		char name[16], address[32];
		snprintf(name, sizeof name, "n%d", i);
		snprintf(address, sizeof address, "2001:db8::%x", (unsigned)i + 1);
		guesses_failed(guesses, name, address, 1000);
	}
	assert_true(guesses_wait(guesses, "other", "2001:db8::ffff", 1000) > 0);
	assert_int_equal(guesses_wait(guesses, "other", "2001:db8:0:1::1", 1000), 0);
	guesses_free(guesses);
}

/* All at once, before the first has failed. */
TEST(asking_too_fast)
{
	struct guesses *guesses = guesses_new(1000);
	int taken = 0;
	for (int i = 0; i < 5000; i++)
		taken += guesses_wait(guesses, "mario", "10.0.0.1", 1000) == 0;
	assert_int_equal(taken, 2000);
	assert_int_equal(guesses_wait(guesses, "mario", "10.0.0.2", 1000), 0);
	assert_int_equal(guesses_wait(guesses, "mario", "10.0.0.1", 2000), 0);
	guesses_free(guesses);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(wrong_guesses_take_longer_and_longer),
	    cmocka_unit_test(wrong_guesses_are_forgotten),
	    cmocka_unit_test(a_network_is_one_address),
	    cmocka_unit_test(asking_too_fast),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
