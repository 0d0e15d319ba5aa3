/* The timer wheel: never early, at most a tick late, whatever is set, moved and cleared meanwhile. */
#include "net/timer.h"

#include "unit.h"

struct alarm {
	struct timer timer;
	int64_t due_ms; /* what the model expects; -1: unset */
	int fired;
};

static struct timer_wheel wheel;
static int64_t now_ms;

static struct alarm *of(struct timer *timer)
{
	return (struct alarm *)(void *)((char *)timer - offsetof(struct alarm, timer));
}

static void count(struct timer *timer)
{
	assert_false(timer_is_set(timer));
	assert_true(now_ms >= timer->due_ms);
	of(timer)->fired++;
	of(timer)->due_ms = -1;
}

static int setup(void **state)
{
	(void)state;
	now_ms = 1000000;
	timer_wheel_init(&wheel, now_ms);
	return 0;
}

static void set(struct alarm *alarm, int64_t due_ms)
{
	if (!alarm->timer.fire)
		alarm->timer.fire = count;
	alarm->due_ms = due_ms;
	timer_set(&wheel, &alarm->timer, due_ms);
	assert_true(timer_is_set(&alarm->timer));
}

static void run_to(int64_t ms)
{
	now_ms = ms;
	timer_wheel_run(&wheel, now_ms);
}

TEST(a_timer_fires_once_and_not_before_it_is_due)
{
	struct alarm alarm = {0};
	set(&alarm, now_ms + 10);
	run_to(now_ms + 9);
	assert_int_equal(alarm.fired, 0);
	run_to(now_ms + TIMER_TICK_MS + 1);
	assert_int_equal(alarm.fired, 1);
	run_to(now_ms + 100000);
	assert_int_equal(alarm.fired, 1);
}

TEST(a_timer_that_was_due_already_fires_with_the_next_tick)
{
	struct alarm past = {0}, present = {0};
	set(&past, now_ms - 5000);
	set(&present, now_ms);
	run_to(now_ms + TIMER_TICK_MS);
	assert_int_equal(past.fired, 1);
	assert_int_equal(present.fired, 1);
}

TEST(a_cleared_timer_does_not_fire)
{
	struct alarm alarms[3] = {0};
	for (int i = 0; i < 3; i++)
		set(&alarms[i], now_ms + 8);
	timer_clear(&alarms[1].timer);
	timer_clear(&alarms[1].timer);
	assert_false(timer_is_set(&alarms[1].timer));
	run_to(now_ms + 20);
	assert_int_equal(alarms[0].fired + alarms[2].fired, 2);
	assert_int_equal(alarms[1].fired, 0);
}

TEST(setting_again_moves_it)
{
	struct alarm alarm = {0};
	set(&alarm, now_ms + 8);
	set(&alarm, now_ms + 80);
	run_to(now_ms + 40);
	assert_int_equal(alarm.fired, 0);
	run_to(now_ms + 44);
	assert_int_equal(alarm.fired, 1);
}

/* Further away than the wheel goes round. */
TEST(far_timers_wait_for_their_round)
{
	const int64_t round_ms = (int64_t)TIMER_SLOTS * TIMER_TICK_MS, began_ms = now_ms;
	struct alarm alarms[4] = {0};
	for (int i = 0; i < 4; i++)
		set(&alarms[i], began_ms + 100 + i * round_ms);
	for (int i = 0; i < 4; i++) {
		run_to(began_ms + 99 + i * round_ms);
		assert_int_equal(alarms[i].fired, 0);
		run_to(began_ms + 100 + TIMER_TICK_MS + i * round_ms);
		assert_int_equal(alarms[i].fired, 1);
	}
}

TEST(a_long_pause_misses_nothing)
{
	struct alarm alarms[200] = {0};
	for (int i = 0; i < 200; i++)
		set(&alarms[i], now_ms + i * 997);
	run_to(now_ms + 86400000);
	for (int i = 0; i < 200; i++)
		assert_int_equal(alarms[i].fired, 1);
	assert_int_equal(timer_wheel_wait_ms(&wheel, now_ms), -1);
}

static struct alarm others[3];

static void clear_others(struct timer *timer)
{
	of(timer)->fired++;
	for (int i = 0; i < 3; i++)
		timer_clear(&others[i].timer);
}

/* All in one slot: whichever fires first takes the rest away. */
TEST(a_timer_that_fires_may_clear_any_other)
{
	memset(others, 0, sizeof others);
	for (int i = 0; i < 3; i++) {
		others[i].timer.fire = clear_others;
		set(&others[i], now_ms + 8);
	}
	run_to(now_ms + 100);
	assert_int_equal(others[0].fired + others[1].fired + others[2].fired, 1);
}

static void set_again(struct timer *timer)
{
	if (++of(timer)->fired < 5)
		timer_set(&wheel, timer, timer->due_ms + (of(timer)->fired < 3 ? 0 : 50));
}

TEST(a_timer_may_set_itself_again_when_it_fires)
{
	struct alarm alarm = {.timer.fire = set_again};
	set(&alarm, now_ms + 8);
	run_to(now_ms + 9 * TIMER_TICK_MS);
	assert_int_equal(alarm.fired, 3);
	assert_true(timer_is_set(&alarm.timer));
	run_to(now_ms + 200);
	assert_int_equal(alarm.fired, 5);
}

TEST(the_wait_reaches_to_the_first_timer)
{
	struct alarm near = {0}, far = {0};
	assert_int_equal(timer_wheel_wait_ms(&wheel, now_ms), -1);
	set(&far, now_ms + 7000);
	assert_in_range(timer_wheel_wait_ms(&wheel, now_ms), 7000, 7000 + TIMER_TICK_MS);
	set(&near, now_ms + 30);
	assert_in_range(timer_wheel_wait_ms(&wheel, now_ms), 30, 30 + TIMER_TICK_MS);
	assert_int_equal(timer_wheel_wait_ms(&wheel, now_ms + 500), 0);
}

/* Waits as the loop does; nothing may be late by more than a tick, and no wait may be for ever. */
TEST(random_timers_fire_in_time)
{
	enum { ALARMS = 60 };
	static struct alarm alarms[ALARMS];
	uint64_t dice = 23;
	memset(alarms, 0, sizeof alarms);
	for (int i = 0; i < ALARMS; i++)
		alarms[i].due_ms = -1;
	for (int turn = 0; turn < 30000; turn++) {
		struct alarm *alarm = &alarms[dice_below(&dice, ALARMS)];
		size_t choice = dice_below(&dice, 10);
		if (choice < 4) {
			set(alarm, now_ms + (int64_t)dice_below(&dice, choice ? 300 : 50000));
		} else if (choice < 5) {
			timer_clear(&alarm->timer);
			alarm->due_ms = -1;
		}
		int wait = timer_wheel_wait_ms(&wheel, now_ms);
		int64_t step = (int64_t)dice_below(&dice, 20);
		run_to(now_ms + (wait >= 0 && wait < step ? wait : step));
		for (int i = 0; i < ALARMS; i++) {
			assert_int_equal(timer_is_set(&alarms[i].timer), alarms[i].due_ms >= 0);
			assert_true(alarms[i].due_ms < 0 || alarms[i].due_ms > now_ms - TIMER_TICK_MS);
			assert_true(alarms[i].due_ms < 0 || wait >= 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(a_timer_fires_once_and_not_before_it_is_due, setup),
	    cmocka_unit_test_setup(a_timer_that_was_due_already_fires_with_the_next_tick, setup),
	    cmocka_unit_test_setup(a_cleared_timer_does_not_fire, setup),
	    cmocka_unit_test_setup(setting_again_moves_it, setup),
	    cmocka_unit_test_setup(far_timers_wait_for_their_round, setup),
	    cmocka_unit_test_setup(a_long_pause_misses_nothing, setup),
	    cmocka_unit_test_setup(a_timer_that_fires_may_clear_any_other, setup),
	    cmocka_unit_test_setup(a_timer_may_set_itself_again_when_it_fires, setup),
	    cmocka_unit_test_setup(the_wait_reaches_to_the_first_timer, setup),
	    cmocka_unit_test_setup(random_timers_fire_in_time, setup),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
