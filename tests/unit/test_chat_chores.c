/* The chores that the chat does by itself, and which clock it believes. */
#include "chat_kit.h"

#define DAY_MS  INT64_C(86400000)
#define MONO_MS INT64_C(1000000)
#define WALL_MS INT64_C(1795341600000)

static struct store_ops ops;
static struct client *mario;
static _Atomic int64_t swept_before_ms;

static void note_sweeps(struct store *store, struct store_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		if (batch->commands[i].op == STORE_FORGET_SENDS)
			swept_before_ms = batch->commands[i].sweep.before_ms;
	fake_submit(store, batch);
}

static int setup(void **state)
{
	(void)state;
	logging_set_level((enum logging_level) - 1);
	clock_fake(MONO_MS, WALL_MS);
	fake_store_init(&fake);
	ops = *fake.store.ops;
	ops.submit = note_sweeps;
	fake.store.ops = &ops;
	chat_settings =
	    (struct chat_config){.limits = limits_lifted(), .allow_guests = true, .allow_registration = true};
	swept_before_ms = 0;
	start_chat();
	mario = new_client(0);
	hello(mario, "mario");
	return 0;
}

/* How much time the ids have that are forgotten when both clocks have gone on so far since the start. */
static int64_t days_swept(int64_t mono_days, int64_t wall_days)
{
	clock_fake(MONO_MS + mono_days * DAY_MS, WALL_MS + wall_days * DAY_MS);
	/* Once the second is answered, everything that followed the first is over. */
	settle_chat(mario);
	settle_chat(mario);
	return (swept_before_ms + limits_default.send_ids_days * DAY_MS - WALL_MS) / DAY_MS;
}

TEST(old_ids_are_forgotten_once_a_day)
{
	assert_int_equal(days_swept(0, 0), 0);
	assert_int_equal(days_swept(1, 1), 1);
	assert_int_equal(days_swept(7, 7), 7);
}

/* A year that never was must not make a message come twice, nor empty a room. */
TEST(a_clock_that_was_set_forward_is_believed_after_a_day)
{
	assert_int_equal(days_swept(0, 0), 0);
	assert_int_equal(days_swept(1, 366), 1);
	assert_int_equal(days_swept(2, 367), 367);
}

TEST(a_clock_that_is_put_right_again_has_done_no_harm)
{
	assert_int_equal(days_swept(0, 0), 0);
	assert_int_equal(days_swept(1, 366), 1);
	assert_int_equal(days_swept(2, 2), 2);
	assert_int_equal(days_swept(3, 3), 3);
}

TEST(a_clock_that_was_set_back_is_believed_at_once)
{
	assert_int_equal(days_swept(0, 0), 0);
	assert_int_equal(days_swept(1, -30), -30);
	assert_int_equal(days_swept(2, -29), -29);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(old_ids_are_forgotten_once_a_day, setup, teardown_chat),
	    cmocka_unit_test_setup_teardown(a_clock_that_was_set_forward_is_believed_after_a_day, setup,
					    teardown_chat),
	    cmocka_unit_test_setup_teardown(a_clock_that_is_put_right_again_has_done_no_harm, setup,
					    teardown_chat),
	    cmocka_unit_test_setup_teardown(a_clock_that_was_set_back_is_believed_at_once, setup,
					    teardown_chat),
	};
	alarm(120);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
