/* Rates: a burst, then a steady pace, each key for itself, from several threads. */
#include "base/rate.h"

#include "unit.h"

#include <pthread.h>

static struct rate rate;

static int setup(void **state)
{
	(void)state;
	memset(&rate, 0, sizeof rate);
	return 0;
}

TEST(a_burst_then_a_pace)
{
	for (int i = 0; i < 4; i++)
		assert_int_equal(rate_take(&rate, 1, 1000, 10, 4, 1000), 0);
	for (int i = 1; i <= 10; i++)
		assert_int_equal(rate_take(&rate, 1, 1000, 10, 4, 1000), i * 100);
	assert_int_equal(rate_take(&rate, 1, 1000, 10, 4, 1000), -1);
	assert_int_equal(rate_take(&rate, 1, 1000, 10, 4, 1000), -1);
	/* A refusal takes no turn. */
	assert_int_equal(rate_take(&rate, 1, 1100, 10, 4, 1000), 1000);
}

TEST(rest_gives_the_burst_back_and_no_more)
{
	for (int i = 0; i < 4; i++)
		assert_int_equal(rate_take(&rate, 1, 1000, 10, 4, 0), 0);
	assert_int_equal(rate_take(&rate, 1, 1000, 10, 4, 0), -1);
	assert_int_equal(rate_take(&rate, 1, 1099, 10, 4, 0), -1);
	assert_int_equal(rate_take(&rate, 1, 1100, 10, 4, 0), 0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(rate_take(&rate, 1, 1000000, 10, 4, 0), 0);
	assert_int_equal(rate_take(&rate, 1, 1000000, 10, 4, 0), -1);
}

TEST(keys_do_not_touch_each_other)
{
	assert_int_equal(rate_take(&rate, 1, 1000, 1, 1, 0), 0);
	assert_int_equal(rate_take(&rate, 1, 1000, 1, 1, 0), -1);
	assert_int_equal(rate_take(&rate, 2, 1000, 1, 1, 0), 0);
	assert_int_equal(rate_take(&rate, RATE_SLOTS + 1, 1000, 1, 1, 0), -1);
}

static void *take_many(void *taken)
{
	for (int i = 0; i < 20000; i++)
		*(int *)taken += rate_take(&rate, 7, 1000, 1000, 5000, 0) == 0;
	return NULL;
}

TEST(threads_take_exactly_what_there_is)
{
	pthread_t threads[4];
	int taken[4] = {0};
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, take_many, &taken[i]), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(taken[0] + taken[1] + taken[2] + taken[3], 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(a_burst_then_a_pace, setup),
	    cmocka_unit_test_setup(rest_gives_the_burst_back_and_no_more, setup),
	    cmocka_unit_test_setup(keys_do_not_touch_each_other, setup),
	    cmocka_unit_test_setup(threads_take_exactly_what_there_is, setup),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
