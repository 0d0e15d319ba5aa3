/* Those who guess passwords wait; those who know them do not, whatever others do. */
#include "chat/people/guess.h"

#include "unit.h"

#include <stdio.h>

#define HERE   "10.0.0.1"
#define THERE  "10.9.9.9"
#define MINUTE INT64_C(60000)

static struct guesses *guesses;

static int setup(void **state)
{
	static const struct guess_rates rates = {
	    .proofs_per_second = 1000000, .wrong_per_minute = 60, .registrations_per_hour = 30};
	(void)state;
	guesses = guesses_new(&rates);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	guesses_free(guesses);
	return 0;
}

/* Tries a wrong password where that is allowed; returns the seconds to wait. */
static int64_t guess(const char *name, const char *address, int64_t now)
{
	int64_t wait = guesses_wait(guesses, name, address, now);
	if (!wait)
		guesses_failed(guesses, name, address, now);
	return wait;
}

static bool comes_in(const char *name, const char *address, int64_t now)
{
	if (guesses_wait(guesses, name, address, now))
		return false;
	guesses_succeeded(guesses, name, address, now);
	return true;
}

TEST(wrong_guesses_take_longer_and_longer)
{
	int64_t now = 1000, last = 0;
	for (int i = 0; i < 5; i++)
		assert_int_equal(guess("mario", HERE, now), 0);
	int64_t wait = guess("mario", HERE, now);
	assert_in_range(wait, 1, 2);
	for (int i = 0; i < 20; i++) {
		now += wait * 1000;
		assert_int_equal(guess("mario", HERE, now), 0);
		wait = guess("mario", HERE, now);
		assert_true(wait >= last && wait <= 300);
		last = wait;
	}
	assert_int_equal(wait, 300);
	assert_int_equal(guess("mario", HERE, now + 20 * MINUTE), 0);
	assert_int_equal(guess("mario", HERE, now + 20 * MINUTE), 0);
}

TEST(others_are_not_held_up_by_them)
{
	for (int i = 0; i < 100; i++)
		guess("mario", THERE, 1000);
	assert_true(guess("mario", THERE, 1000) > 0);
	assert_true(comes_in("mario", HERE, 1000));
	assert_true(comes_in("anna", THERE, 1000));
}

/* Against many addresses at once; the account's own ones are not held up. */
TEST(a_name_has_a_bound_far_above)
{
	int taken = 0;
	char address[32];
	assert_true(comes_in("mario", HERE, 1000));
	for (int i = 0; i < 2000; i++) {
		snprintf(address, sizeof address, "192.168.%d.%d", i / 250, i % 250 + 1);
		taken += guess("mario", address, 1000) == 0;
	}
	assert_in_range(taken, 100, 500);
	assert_true(guess("mario", THERE, 1000) > 0);
	for (int i = 0; i < 45; i++)
		assert_true(comes_in("mario", HERE, 1000));
	assert_true(comes_in("anna", THERE, 1000));
	assert_true(comes_in("mario", THERE, 1000 + 10000));
}

TEST(an_address_has_a_bound_over_all_names)
{
	int taken = 0;
	char name[32];
	assert_true(comes_in("mario", HERE, 1000));
	for (int64_t now = 1000; now < 1000 + MINUTE; now += 50) {
		snprintf(name, sizeof name, "invented%d", (int)now);
		taken += guess(name, HERE, now) == 0;
	}
	assert_in_range(taken, 110, 130);
	while (!guess("invented", HERE, 1000 + MINUTE))
		;
	assert_true(comes_in("mario", HERE, 1000 + MINUTE));
	assert_false(comes_in("anna", HERE, 1000 + MINUTE));
	assert_true(comes_in("anna", THERE, 1000 + MINUTE));
	assert_true(comes_in("anna", HERE, 1000 + 2 * MINUTE));
}

TEST(right_passwords_use_nothing_up)
{
	char name[32];
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof name, "pupil%d", i);
		assert_true(comes_in(name, HERE, 1000));
	}
}

/* Somebody behind the same router guesses at the account, and its owner gets in between. */
TEST(a_known_address_waits_for_seconds_at_most)
{
	int64_t now = 1000;
	assert_true(comes_in("mario", HERE, now));
	for (int i = 0; i < 30; i++) {
		guess("mario", HERE, now);
		assert_true(guesses_wait(guesses, "mario", HERE, now) <= 15);
		now += 15000;
	}
	assert_true(comes_in("mario", HERE, now));
}

TEST(a_network_is_one_address)
{
	for (int i = 0; i < 70; i++) {
		char name[16], address[32];
		snprintf(name, sizeof name, "n%d", i);
		snprintf(address, sizeof address, "2001:db8::%x", (unsigned)i + 1);
		guess(name, address, 1000);
	}
	assert_true(guess("other", "2001:db8::ffff", 1000) > 0);
	assert_int_equal(guess("other", "2001:db8:0:1::1", 1000), 0);
}

/* All at once, before the first has failed. */
TEST(asking_too_fast)
{
	static const struct guess_rates rates = {.proofs_per_second = 20, .wrong_per_minute = 1000000};
	struct guesses *few = guesses_new(&rates);
	int taken = 0;
	for (int i = 0; i < 5000; i++)
		taken += guesses_wait(few, "mario", HERE, 1000) == 0;
	assert_int_equal(taken, 40);
	assert_int_equal(guesses_wait(few, "mario", THERE, 1000), 0);
	assert_int_equal(guesses_wait(few, "mario", HERE, 2000), 0);
	guesses_free(few);
}

TEST(accounts_are_made_at_a_rate)
{
	int made = 0;
	for (int64_t now = 1000; now < 1000 + 10 * MINUTE; now += 1000)
		made += guesses_wait_to_register(guesses, HERE, now) == 0;
	assert_in_range(made, 30, 35);
	assert_int_equal(guesses_wait_to_register(guesses, THERE, 1000), 0);
	assert_int_equal(guesses_wait_to_register(guesses, HERE, 1000 + 60 * MINUTE), 0);
}

TEST(a_program_with_an_old_token_is_news_now_and_then)
{
	int told = 0;
	for (int64_t now = 1000; now < 1000 + 10 * MINUTE; now += 1000)
		told += guesses_is_news(guesses, HERE, now);
	assert_in_range(told, 10, 20);
}

TEST(lanes)
{
	assert_true(guesses_lane(guesses, "mario", HERE) == guesses_lane(guesses, "anna", HERE));
	assert_true(guesses_lane(guesses, "mario", HERE) != guesses_lane(guesses, "mario", THERE));
	guesses_know(guesses, "mario", HERE, 1000);
	assert_true(guesses_lane(guesses, "mario", HERE) != guesses_lane(guesses, "anna", HERE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(wrong_guesses_take_longer_and_longer, setup, teardown),
	    cmocka_unit_test_setup_teardown(others_are_not_held_up_by_them, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_name_has_a_bound_far_above, setup, teardown),
	    cmocka_unit_test_setup_teardown(an_address_has_a_bound_over_all_names, setup, teardown),
	    cmocka_unit_test_setup_teardown(right_passwords_use_nothing_up, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_known_address_waits_for_seconds_at_most, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_network_is_one_address, setup, teardown),
	    cmocka_unit_test_setup_teardown(asking_too_fast, setup, teardown),
	    cmocka_unit_test_setup_teardown(accounts_are_made_at_a_rate, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_program_with_an_old_token_is_news_now_and_then, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(lanes, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
