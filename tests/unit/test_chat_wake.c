/* When the workers are told that a log has grown: at once, but a crowd for two batches together where the
 * second one waits already. */
#include "base/limits.h"

#include "chat_kit.h"

#define ROOM "#room"

static struct client *speaker;

/* `count` people in the room on worker 0, and the speaker on worker 1. */
static void gather(int count)
{
	speaker = new_client(1);
	hello(speaker, "speaker");
	struct cursor cursor = join(speaker, ROOM);
	cursor_detach(&cursor);
	for (int i = 0; i < count; i++) {
		char name[16];
		struct client *client = new_client(0);
		snprintf(name, sizeof name, "p%d", i);
		hello(client, name);
		cursor = join(client, ROOM);
		cursor_detach(&cursor);
	}
	settle_chat(speaker);
}

/* Throws away what this worker was told; returns how often it was woken. */
static int take_wakes(unsigned worker)
{
	int wakes = 0;
	while (!is_silent(worker)) {
		struct reply *reply = next_reply(worker);
		wakes += reply->kind == REPLY_WAKE;
		reply_free(reply);
	}
	return wakes;
}

static void say_in_one_batch(int count)
{
	for (int i = 0; i < count; i++)
		ASK(speaker, .op = REQUEST_SEND, .room = ROOM, .message = "words");
	post();
}

#define FIRST 5

/* Some messages are stored, and `behind` more wait while that is done; the second commit does not return yet.
 */
static void store_some_while_others_wait(int behind)
{
	take_wakes(0);
	take_wakes(1);
	fake.is_held = true;
	say_in_one_batch(FIRST);
	sem_wait(&fake.reached);
	say_in_one_batch(behind);
	sem_post(&fake.go);
	sem_wait(&fake.reached);
}

static void let_go(int answers)
{
	fake.is_held = false;
	sem_post(&fake.go);
	while (answers--)
		expect(speaker, REPLY_ACK);
	settle_chat(speaker);
}

TEST(a_crowd_is_woken_once_for_two_batches)
{
	gather(LIMIT_CROWD);
	store_some_while_others_wait(3);
	/* The acknowledgements do not wait. */
	for (int i = 0; i < FIRST; i++)
		expect(speaker, REPLY_ACK);
	assert_true(is_silent(0));
	let_go(3);
	assert_int_equal(take_wakes(0), 1);
	/* And never later than with the second. */
	say_in_one_batch(1);
	expect(speaker, REPLY_ACK);
	assert_int_equal(take_wakes(0), 1);
}

TEST(a_small_room_is_woken_at_once)
{
	gather(LIMIT_CROWD / 2);
	store_some_while_others_wait(3);
	assert_int_equal(take_wakes(0), 1);
	let_go(FIRST + 3);
	assert_int_equal(take_wakes(0), 1);
}

TEST(a_crowd_does_not_wait_for_much)
{
	gather(LIMIT_CROWD);
	store_some_while_others_wait(LIMIT_CROWD * 2);
	assert_int_equal(take_wakes(0), 1);
	let_go(FIRST + LIMIT_CROWD * 2);
	assert_int_equal(take_wakes(0), 1);
}

/* The waiting request need not be a message, and may fail. */
TEST(a_crowd_is_woken_when_the_second_batch_fails)
{
	gather(LIMIT_CROWD);
	store_some_while_others_wait(1);
	assert_true(is_silent(0));
	for (int i = 0; i < FIRST; i++)
		expect(speaker, REPLY_ACK);
	fake.fails_after[FAKE_COMMIT] = 1;
	fake.is_held = false;
	sem_post(&fake.go);
	expect_error(speaker, ERROR_STORE_FAILED);
	settle_chat(speaker);
	assert_int_equal(take_wakes(0), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CHAT_TEST(a_crowd_is_woken_once_for_two_batches),
	    CHAT_TEST(a_small_room_is_woken_at_once),
	    CHAT_TEST(a_crowd_does_not_wait_for_much),
	    CHAT_TEST(a_crowd_is_woken_when_the_second_batch_fails),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
