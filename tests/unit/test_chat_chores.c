/* The chores that the chat does by itself, and which clock it believes. */
#include "chat_kit.h"

#define DAY_MS  INT64_C(86400000)
#define MONO_MS INT64_C(1000000)
#define WALL_MS INT64_C(1795341600000)

static struct store_ops ops;
static struct client *mario;
static _Atomic int64_t swept_before_ms;
static _Atomic int appended;               /* entries, since the last setup */
static _Atomic int appended_at[STORE_OPS]; /* when a command of this kind came last */

static void note_sweeps(struct store *store, struct store_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct store_command *command = &batch->commands[i];
		appended += command->op == STORE_APPEND;
		appended_at[command->op] = appended;
		if (command->op == STORE_FORGET_SENDS)
			swept_before_ms = command->sweep.before_ms;
	}
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
	appended = 0;
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

/* --- beside a flood --- */

#define CROWD 4
#define DEPTH 256

/* Everybody in it has so many topics waiting, each of which waits for the one before, behind one that the store has
 * now. */
static void begin_flood(struct client *crowd[CROWD])
{
	fake.is_held = true;
	ASK(crowd[0], .op = REQUEST_TOPIC, .room = "#lobby", .topic = "first");
	post();
	sem_wait(&fake.reached);
	for (int i = 0; i < CROWD; i++)
		for (int k = 0; k < DEPTH; k++)
			ASK(crowd[i], .op = REQUEST_TOPIC, .room = "#lobby", .topic = "x");
	post();
}

static void end_flood(struct client *crowd[CROWD])
{
	fake.is_held = false;
	sem_post(&fake.go);
	for (int i = 0; i < CROWD; i++)
		while (crowd[i]->in_flight)
			answer(crowd[i]);
}

static struct client *come(const char *name, const char *room)
{
	struct client *client = new_client(0);
	hello(client, name);
	ASK(client, .op = REQUEST_JOIN, .room = room);
	assert_int_equal(answer(client)->kind, REPLY_JOINED);
	return client;
}

/* They come with the first turns, not behind the thousand that wait: what is to be purged and forgotten, and whose
 * session is over. The chat thread is seen to be alive meanwhile. */
TEST(a_flood_does_not_keep_the_chores_waiting)
{
	struct client *crowd[CROWD] = {come("guest0", "#lobby"), come("guest1", "#lobby"),
				       come("guest2", "#lobby"), come("guest3", "#lobby")};
	struct client *owner = come("owner", "#old"), *sleeper = come("sleeper", "#lobby");
	ASK(sleeper, .op = REQUEST_CLOSED);
	ASK(owner, .op = REQUEST_SEND, .room = "#old", .message = "long ago");
	assert_int_equal(answer(owner)->kind, REPLY_ACK);
	ASK(owner, .op = REQUEST_SET, .room = "#old", .retention_days = NUMBER(1));
	assert_int_equal(answer(owner)->kind, REPLY_OK);
	struct chat_counters before, after;
	begin_flood(crowd);
	clock_fake(MONO_MS + 2 * DAY_MS, WALL_MS + 2 * DAY_MS);
	int first = appended;
	chat_count(chat, &before);
	end_flood(crowd);
	chat_count(chat, &after);
	assert_true(appended >= first + CROWD * DEPTH);
	assert_in_range(appended_at[STORE_PURGE], first, first + 3 * CROWD);
	assert_in_range(appended_at[STORE_FORGET_SENDS], first, first + 3 * CROWD);
	assert_in_range(appended_at[STORE_REMOVE_PERSON], first, first + 3 * CROWD);
	assert_true(after.turns - before.turns >= DEPTH / 2);
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
	    cmocka_unit_test_setup_teardown(a_flood_does_not_keep_the_chores_waiting, setup, teardown_chat),
	};
	alarm(120);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
