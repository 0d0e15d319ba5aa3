/* Sending: promises 1, 2 and 4 of the protocol, as the chat thread keeps them. */
#include "chat_kit.h"

static struct client *mario, *anna;
static struct cursor marios, annas;

/* Two people in the lobby, at different workers. */
static int setup(void **state)
{
	setup_two(state, &mario, &anna);
	marios = join(mario, "#lobby");
	annas = join(anna, "#lobby");
	settle_chat(mario);
	read_log(&marios);
	return 0;
}

static int teardown(void **state)
{
	cursor_detach(&marios);
	cursor_detach(&annas);
	return teardown_chat(state);
}

static void say(struct client *client, const char *id, const char *message)
{
	ASK(client, .op = REQUEST_SEND, .id = id, .room = "#lobby", .message = message);
}

TEST(a_message_is_stored_shown_and_acknowledged)
{
	say(mario, "7", "ciao");
	post();
	struct reply *ack = expect(mario, REPLY_ACK);
	assert_string_equal(ack->id, "7");
	assert_string_equal(ack->room, "#lobby");
	assert_int_equal(ack->ack.seq, 1);
	assert_int_equal(ack->ack.time_ms, clock_wall_ms());
	settle_chat(anna);
	log_is(&annas, "1 mario: ciao\n");
	assert_int_equal(stored_entries(), 1);
	assert_string_equal(fake_text(&fake, "SELECT text FROM entries"), "ciao");
	assert_string_equal(fake_text(&fake, "SELECT ip FROM entries"), "192.168.1.20");
}

TEST(numbers_rise_in_the_order_of_asking)
{
	for (int i = 0; i < 100; i++) {
		say(i % 2 ? mario : anna, NULL, "x");
		if (i % 7 == 0)
			post();
	}
	post();
	uint64_t next[2] = {2, 1};
	for (int i = 0; i < 50; i++) {
		assert_int_equal(expect(mario, REPLY_ACK)->ack.seq, next[0]);
		assert_int_equal(expect(anna, REPLY_ACK)->ack.seq, next[1]);
		next[0] += 2;
		next[1] += 2;
	}
}

/* The mail is taken while the store is held: all of it is the next batch. */
TEST(what_waits_becomes_one_commit)
{
	fake.is_held = true;
	say(mario, NULL, "first");
	post();
	sem_wait(&fake.reached);
	for (int i = 0; i < 50; i++) {
		say(i % 2 ? mario : anna, NULL, "more");
		post();
	}
	int commits = fake.calls[FAKE_COMMIT];
	fake.is_held = false;
	sem_post(&fake.go);
	for (int i = 0; i < 26; i++)
		expect(mario, REPLY_ACK);
	for (int i = 0; i < 25; i++)
		expect(anna, REPLY_ACK);
	assert_int_equal(fake.calls[FAKE_COMMIT], commits + 2);
	assert_int_equal(stored_entries(), 51);
}

TEST(nothing_is_shown_or_acknowledged_before_its_commit_returned)
{
	fake.is_held = true;
	say(mario, NULL, "ciao");
	post();
	sem_wait(&fake.reached);
	assert_true(is_silent(0));
	assert_true(is_silent(1));
	log_is(&annas, "");
	fake.is_held = false;
	sem_post(&fake.go);
	expect(mario, REPLY_ACK);
	settle_chat(anna);
	log_is(&annas, "1 mario: ciao\n");
}

TEST(an_entry_is_in_the_log_before_its_acknowledgement_is_in_the_mail)
{
	for (int i = 0; i < 200; i++) {
		say(mario, NULL, "x");
		post();
		expect(mario, REPLY_ACK);
		assert_string_not_equal(read_log(&annas), "");
	}
}

TEST(an_entry_is_encoded_once_for_each_encoding)
{
	struct client *more[6];
	struct cursor cursors[6];
	for (unsigned i = 0; i < 6; i++) {
		char name[16];
		snprintf(name, sizeof name, "guest%u", i);
		more[i] = new_client(i % 2);
		more[i]->encoding = i % 3 == 0;
		hello(more[i], name);
		cursors[i] = join(more[i], "#lobby");
	}
	settle_chat(mario);
	encoded = 0;
	say(mario, NULL, "ciao");
	post();
	expect(mario, REPLY_ACK);
	assert_int_equal(encoded, 2);
	for (int i = 0; i < 6; i++) {
		const char *text = read_log(&cursors[i]);
		assert_string_equal(text + strlen(text) - 14, i % 3 ? "1 mario: ciao\n" : "1 mario: ciao\n");
		assert_int_equal(strchr(text, '>') != NULL, i % 3 == 0);
		cursor_detach(&cursors[i]);
	}
}

TEST(each_worker_is_woken_once_for_a_batch)
{
	fake.is_held = true;
	say(mario, NULL, "first");
	post();
	sem_wait(&fake.reached);
	for (int i = 0; i < 20; i++)
		say(mario, NULL, "more");
	post();
	fake.is_held = false;
	sem_post(&fake.go);
	for (int i = 0; i < 21; i++)
		expect(mario, REPLY_ACK);
	for (int i = 0; i < 2; i++) {
		struct reply *wake = next_reply(1);
		assert_int_equal(wake->kind, REPLY_WAKE);
		reply_free(wake);
	}
	assert_true(is_silent(1));
}

TEST(a_send_that_comes_again_has_the_same_acknowledgement)
{
	say(mario, "1", "ciao");
	say(mario, "1", "ciao");
	post();
	assert_int_equal(expect(mario, REPLY_ACK)->ack.seq, 1);
	assert_int_equal(expect(mario, REPLY_ACK)->ack.seq, 1);
	clock_fake(2000000, INT64_C(1795341700000));
	say(mario, "1", "ciao");
	say(anna, "1", "ciao");
	post();
	struct reply *ack = expect(mario, REPLY_ACK);
	assert_int_equal(ack->ack.seq, 1);
	assert_int_equal(ack->ack.time_ms, INT64_C(1795341600000));
	assert_int_equal(expect(anna, REPLY_ACK)->ack.seq, 2);
	log_is(&annas, "1 mario: ciao\n2 anna: ciao\n");
	assert_int_equal(stored_entries(), 2);
}

TEST(the_same_id_for_something_else_is_refused)
{
	say(mario, "1", "ciao");
	say(mario, "1", "another");
	say(mario, "2", "next");
	post();
	assert_int_equal(expect(mario, REPLY_ACK)->ack.seq, 1);
	expect_error(mario, ERROR_ID_REUSED);
	assert_int_equal(expect(mario, REPLY_ACK)->ack.seq, 2);
	settle_chat(anna);
	log_is(&annas, "1 mario: ciao\n2 mario: next\n");
}

/* On a later connection too: (user, device, id) names a send. */
TEST(a_send_comes_again_after_the_connection_broke)
{
	char session[64];
	struct client *first = new_client(0), *second = new_client(1);
	snprintf(session, sizeof session, "%s", hello(first, "luca")->welcome.session);
	cursor_detach(&(struct cursor){0});
	struct cursor cursor = join(first, "#lobby");
	cursor_detach(&cursor);
	say(first, "1", "ciao");
	ASK(first, .op = REQUEST_CLOSED);
	post();
	ASK(second, .op = REQUEST_HELLO, .name = "luca", .session = session);
	ASK(second, .op = REQUEST_JOIN, .room = "#lobby");
	say(second, "1", "ciao");
	post();
	expect(second, REPLY_WELCOME);
	expect(second, REPLY_JOINED);
	assert_int_equal(expect(second, REPLY_ACK)->ack.seq, 1);
	assert_int_equal(stored_entries(), 1);
}

TEST(an_answer_refers_to_what_was_said)
{
	say(mario, NULL, "question");
	ASK(anna, .op = REQUEST_SEND, .room = "#lobby", .message = "answer", .reply_to = NUMBER(1));
	ASK(anna, .op = REQUEST_SEND, .room = "#lobby", .message = "answer", .reply_to = NUMBER(1000));
	post();
	expect(mario, REPLY_ACK);
	expect(anna, REPLY_ACK);
	expect_error(anna, ERROR_NO_MESSAGE);
	assert_int_equal(fake_number(&fake, "SELECT ref FROM entries WHERE seq = 2"), 1);
	assert_int_equal(stored_entries(), 2);
}

/* Entries of other rooms in the open batch are not messages of this one. */
TEST(an_answer_refers_to_its_own_room)
{
	struct cursor ops = join(mario, "#ops");
	for (int i = 0; i < 5; i++)
		ASK(mario, .op = REQUEST_SEND, .room = "#ops", .message = "x");
	ASK(mario, .op = REQUEST_SEND, .room = "#lobby", .message = "answer", .reply_to = NUMBER(3));
	post();
	for (int i = 0; i < 5; i++)
		expect(mario, REPLY_ACK);
	expect_error(mario, ERROR_NO_MESSAGE);
	cursor_detach(&ops);
}

TEST(a_refused_send_changes_nothing)
{
	struct client *nobody = new_client(0), *stranger = new_client(0);
	hello(stranger, "luca");
	say(nobody, NULL, "x");
	say(stranger, NULL, "x");
	say(mario, NULL, "");
	ASK(mario, .op = REQUEST_SEND, .room = "#nowhere", .message = "x");
	ASK(mario, .op = REQUEST_SEND, .room = "lobby", .message = "x");
	post();
	expect_error(nobody, ERROR_NEED_HELLO);
	expect_error(stranger, ERROR_NOT_MEMBER);
	expect_error(mario, ERROR_BAD_FIELD);
	expect_error(mario, ERROR_NO_ROOM);
	expect_error(mario, ERROR_NO_ROOM);
	assert_int_equal(stored_entries(), 0);
	log_is(&annas, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_message_is_stored_shown_and_acknowledged, setup, teardown),
	    cmocka_unit_test_setup_teardown(numbers_rise_in_the_order_of_asking, setup, teardown),
	    cmocka_unit_test_setup_teardown(what_waits_becomes_one_commit, setup, teardown),
	    cmocka_unit_test_setup_teardown(nothing_is_shown_or_acknowledged_before_its_commit_returned,
					    setup, teardown),
	    cmocka_unit_test_setup_teardown(an_entry_is_in_the_log_before_its_acknowledgement_is_in_the_mail,
					    setup, teardown),
	    cmocka_unit_test_setup_teardown(an_entry_is_encoded_once_for_each_encoding, setup, teardown),
	    cmocka_unit_test_setup_teardown(each_worker_is_woken_once_for_a_batch, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_send_that_comes_again_has_the_same_acknowledgement, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(the_same_id_for_something_else_is_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_send_comes_again_after_the_connection_broke, setup, teardown),
	    cmocka_unit_test_setup_teardown(an_answer_refers_to_what_was_said, setup, teardown),
	    cmocka_unit_test_setup_teardown(an_answer_refers_to_its_own_room, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_refused_send_changes_nothing, setup, teardown),
	};
	alarm(120);
	return RUN_AT_ONCE_AND_LATER(tests);
}
