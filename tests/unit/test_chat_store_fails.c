/* A store that fails, at any operation: what was refused was not done, is told as such, and the chat goes on.
 */
#include "chat_kit.h"

static struct client *mario, *anna;
static struct cursor annas;

static int setup(void **state)
{
	setup_two(state, &mario, &anna);
	annas = join(anna, "#lobby");
	struct cursor marios = join(mario, "#lobby");
	cursor_detach(&marios);
	settle_chat(anna);
	read_log(&annas);
	return 0;
}

static int teardown(void **state)
{
	cursor_detach(&annas);
	return teardown_chat(state);
}

static void say(struct client *client, const char *id, const char *message)
{
	ASK(client, .op = REQUEST_SEND, .id = id, .room = "#lobby", .message = message);
}

/* The next message is stored, numbered without a gap, and shown. */
static void goes_on(uint64_t seq)
{
	char expected[32];
	snprintf(expected, sizeof expected, "%llu mario: next\n", (unsigned long long)seq);
	say(mario, NULL, "next");
	post();
	assert_int_equal(expect(mario, REPLY_ACK)->ack.seq, seq);
	settle_chat(anna);
	log_is(&annas, expected);
	assert_int_equal(stored_entries(), seq);
}

TEST(a_commit_that_fails_refuses_all_that_it_held)
{
	fake.fails_after[FAKE_COMMIT] = 1;
	say(mario, "1", "one");
	say(anna, "1", "two");
	say(mario, "2", "three");
	post();
	expect_error(mario, ERROR_STORE_FAILED);
	expect_error(mario, ERROR_STORE_FAILED);
	expect_error(anna, ERROR_STORE_FAILED);
	log_is(&annas, "");
	assert_int_equal(stored_entries(), 0);
	goes_on(1);
}

TEST(the_error_names_the_request)
{
	fake.fails_after[FAKE_COMMIT] = 1;
	say(mario, "one", "x");
	post();
	expect_error(mario, ERROR_STORE_FAILED);
	assert_string_equal(last_reply->id, "one");
	assert_true(last_reply->is_answer);
}

TEST(what_is_no_entry_is_answered_all_the_same)
{
	fake.fails_after[FAKE_COMMIT] = 1;
	say(mario, NULL, "x");
	ASK(mario, .op = REQUEST_PING);
	ASK(mario, .op = REQUEST_WHO, .room = "#lobby");
	post();
	expect_error(mario, ERROR_STORE_FAILED);
	expect(mario, REPLY_OK);
	expect(mario, REPLY_WHO);
}

/* A batch is stored whole or not at all: what stands before and behind the write that failed is refused too. */
TEST(a_write_that_fails_takes_the_batch_with_it)
{
	fake.fails_after[STORE_APPEND] = 3;
	for (int i = 0; i < 5; i++)
		say(mario, NULL, "x");
	post();
	for (int i = 0; i < 5; i++)
		expect_error(mario, ERROR_STORE_FAILED);
	log_is(&annas, "");
	goes_on(1);
}

TEST(what_was_refused_can_be_sent_again)
{
	fake.fails_after[FAKE_COMMIT] = 1;
	say(mario, "1", "ciao");
	post();
	expect_error(mario, ERROR_STORE_FAILED);
	say(mario, "1", "ciao");
	post();
	assert_int_equal(expect(mario, REPLY_ACK)->ack.seq, 1);
	settle_chat(anna);
	log_is(&annas, "1 mario: ciao\n");
	goes_on(2);
}

/* A repeat is acknowledged by the commit that holds its first; where that fails, both are refused. */
TEST(a_repeat_of_what_was_refused_is_refused)
{
	fake.fails_after[FAKE_COMMIT] = 1;
	say(mario, "1", "ciao");
	say(mario, "1", "ciao");
	post();
	expect_error(mario, ERROR_STORE_FAILED);
	expect_error(mario, ERROR_STORE_FAILED);
	goes_on(1);
}

TEST(a_room_that_cannot_be_stored_is_not_made)
{
	static const int calls[] = {STORE_ADD_ROOM, STORE_PUT_MEMBER, FAKE_COMMIT};
	for (size_t i = 0; i < 3; i++) {
		fake.fails_after[calls[i]] = 1;
		ASK(mario, .op = REQUEST_JOIN, .id = "j", .room = "#new");
		ASK(mario, .op = REQUEST_SEND, .room = "#new", .message = "x");
		ASK(mario, .op = REQUEST_ROOMS);
		post();
		expect_error(mario, ERROR_STORE_FAILED);
		expect_error(mario, ERROR_NO_ROOM);
		assert_int_equal(expect(mario, REPLY_ROOMS)->list.rows_count, 1);
	}
	struct cursor cursor = join(mario, "#new");
	cursor_detach(&cursor);
	goes_on(1);
}

/* They share a batch, and so its end; both can be asked again. */
TEST(a_room_that_fails_refuses_what_was_said_with_it)
{
	say(mario, "1", "before");
	fake.fails_after[STORE_ADD_ROOM] = 1;
	ASK(mario, .op = REQUEST_JOIN, .room = "#new");
	post();
	expect_error(mario, ERROR_STORE_FAILED);
	expect_error(mario, ERROR_STORE_FAILED);
	settle_chat(anna);
	log_is(&annas, "");
	say(mario, "1", "before");
	ASK(mario, .op = REQUEST_JOIN, .room = "#new");
	post();
	assert_int_equal(expect(mario, REPLY_ACK)->ack.seq, 1);
	assert_int_equal(expect(mario, REPLY_JOINED)->joined.count, 1);
}

TEST(a_store_that_never_works_refuses_everything_and_ends_nothing)
{
	for (int call = 0; call < FAKE_READ; call++)
		fake.fails_always[call] = true;
	for (int i = 0; i < 50; i++)
		say(i % 2 ? mario : anna, "x", "x");
	ASK(mario, .op = REQUEST_PING);
	post();
	for (int i = 0; i < 25; i++)
		expect_error(anna, ERROR_STORE_FAILED);
	for (int i = 0; i < 25; i++)
		expect_error(mario, ERROR_STORE_FAILED);
	expect(mario, REPLY_OK);
	for (int call = 0; call < FAKE_READ; call++)
		fake.fails_always[call] = false;
	goes_on(1);
}

/* --- topics change the room and add an entry: both or neither --- */

static struct client *owner;
static struct cursor owners;

static void make_room(void)
{
	owner = new_client(0);
	hello(owner, "luca");
	owners = join(owner, "#ops");
}

static void set_topic(const char *id, const char *topic)
{
	ASK(owner, .op = REQUEST_TOPIC, .id = id, .room = "#ops", .topic = topic);
	post();
}

static void topic_is(const char *expected)
{
	ASK(owner, .op = REQUEST_ROOMS);
	post();
	const struct reply *rooms = expect(owner, REPLY_ROOMS);
	assert_string_equal(rooms->list.rows[1].name, "#ops");
	assert_string_equal(rooms->list.rows[1].topic, expected);
	assert_string_equal(fake_text(&fake, "SELECT topic FROM rooms WHERE name = '#ops'"), expected);
}

TEST(a_topic_is_stored_with_its_entry)
{
	make_room();
	set_topic("1", "news");
	assert_int_equal(expect(owner, REPLY_ACK)->ack.seq, 1);
	topic_is("news");
	cursor_detach(&owners);
}

TEST(a_topic_that_cannot_be_stored_is_not_set)
{
	static const int calls[] = {STORE_UPDATE_ROOM, STORE_APPEND, FAKE_COMMIT};
	make_room();
	for (size_t i = 0; i < 3; i++) {
		fake.fails_after[calls[i]] = 1;
		set_topic("1", "news");
		expect_error(owner, ERROR_STORE_FAILED);
		topic_is("");
	}
	set_topic("1", "news");
	assert_int_equal(expect(owner, REPLY_ACK)->ack.seq, 1);
	topic_is("news");
	cursor_detach(&owners);
}

TEST(a_topic_whose_id_was_used_is_not_set)
{
	make_room();
	set_topic("1", "first");
	expect(owner, REPLY_ACK);
	set_topic("1", "second");
	expect_error(owner, ERROR_ID_REUSED);
	topic_is("first");
	cursor_detach(&owners);
}

TEST(a_topic_that_comes_again_does_not_replace_a_later_one)
{
	make_room();
	set_topic("1", "first");
	expect(owner, REPLY_ACK);
	set_topic("2", "second");
	expect(owner, REPLY_ACK);
	set_topic("1", "first");
	assert_int_equal(expect(owner, REPLY_ACK)->ack.seq, 1);
	topic_is("second");
	cursor_detach(&owners);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_commit_that_fails_refuses_all_that_it_held, setup, teardown),
	    cmocka_unit_test_setup_teardown(the_error_names_the_request, setup, teardown),
	    cmocka_unit_test_setup_teardown(what_is_no_entry_is_answered_all_the_same, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_write_that_fails_takes_the_batch_with_it, setup, teardown),
	    cmocka_unit_test_setup_teardown(what_was_refused_can_be_sent_again, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_repeat_of_what_was_refused_is_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_room_that_cannot_be_stored_is_not_made, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_room_that_fails_refuses_what_was_said_with_it, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_store_that_never_works_refuses_everything_and_ends_nothing,
					    setup, teardown),
	    cmocka_unit_test_setup_teardown(a_topic_is_stored_with_its_entry, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_topic_that_cannot_be_stored_is_not_set, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_topic_whose_id_was_used_is_not_set, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_topic_that_comes_again_does_not_replace_a_later_one, setup,
					    teardown),
	};
	alarm(120);
	return RUN_AT_ONCE_AND_LATER(tests);
}
